"""What an operator may choose about a deployment: this application's context keys, validated."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from infra.settings.account import AccountSettings
from infra.settings.schedule_gap import longest_gap
from infra.settings.snowflake import SnowflakeSettings
from infra.settings.vault import VaultSettings

_OWN_KEY = re.compile(r"[a-z][a-z0-9_]*")
_CRON_FIELDS = 6
_RESERVED_BUCKETS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_PARAMETERS = ("/aws", "/ssm")
# Files beside the zones, which name none: this machine's own, and the one of a machine that has none yet.
_NO_ZONES = {"localtime", "Factory"}


class SettingsError(Exception):
    """A context key is wrong, missing or unknown; the message is one sentence that names it and an example."""


def _stack_name(name: str) -> str:
    if f"{name.lower()}-".startswith(_RESERVED_BUCKETS):
        raise ValueError(name)
    return name


def _parameter_prefix(path: str) -> str:
    if path.lower().startswith(_RESERVED_PARAMETERS):
        raise ValueError(path)
    return path


def _schedule(text: str) -> str:
    if re.fullmatch(r"rate\([1-9]\d* (minute|hour|day)s?\)", text):
        return text
    fields = text.removeprefix("cron(").removesuffix(")").split()
    if text != f"cron({' '.join(fields)})" or len(fields) != _CRON_FIELDS or (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError(text)
    longest_gap(text)
    return text


def _timezone(name: str) -> str:
    if name not in available_timezones() - _NO_ZONES:
        raise ValueError(name)
    return name


class Settings(AccountSettings, SnowflakeSettings, VaultSettings):
    """One field per context key; each description completes the sentence "must be ..."."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stack_name: Annotated[str, AfterValidator(_stack_name)] = Field(
        # The longest name made of it, <stack_name>-clear-full-refresh, must fit the 64 characters of a role.
        pattern=r"^[A-Za-z][A-Za-z0-9-]{0,43}[A-Za-z0-9]$",
        description="2 to 45 letters, digits and hyphens, beginning with a letter but not with xn--, sthree or "
        "amzn-s3-demo, which no bucket may, and not ending in a hyphen",
        examples=["aurora-snowflake-sync"],
    )
    parameter_prefix: Annotated[str, AfterValidator(_parameter_prefix)] = Field(
        pattern=r"^(/[A-Za-z0-9_.-]+){1,10}$",
        description="a Parameter Store path that begins with a slash, but not with AWS's own /aws or /ssm, and ends in "
        "none",
        examples=["/aurora-snowflake-sync"],
    )
    schedule: Annotated[str, AfterValidator(_schedule)] = Field(
        description="an EventBridge Scheduler cron(...) of six fields, one of the two day fields being ?, or rate(...)",
        examples=["'cron(0 * * * ? *)'"],
    )
    schedule_timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        description="a time zone of the IANA database", examples=["Europe/Berlin"]
    )
    schedule_enabled: bool = Field(description="true or false", examples=["true"])
    maintain_schedule: Annotated[str, AfterValidator(_schedule)] = Field(
        description="an EventBridge Scheduler cron(...) of six fields, one of the two day fields being ?, or rate(...)",
        examples=["'cron(30 3 * * ? *)'"],
    )
    maintain_enabled: bool = Field(description="true or false", examples=["true"])
    lambda_python: Literal["3.11", "3.12", "3.13", "3.14"] = Field(
        description="3.11, 3.12, 3.13 or 3.14, as a string", examples=["3.13"]
    )
    lambda_architecture: Literal["arm64", "x86_64"] = Field(description="arm64 or x86_64", examples=["arm64"])
    emulated: bool = Field(
        description="false on AWS, true only where an emulator runs the functions on this machine's own Python",
        examples=["false"],
    )
    max_concurrency: int = Field(
        ge=1, le=1000, description="the number of tables to sync at a time, 1 to 1000", examples=["10"]
    )
    snowflake_database: str = Field(
        # The names of role and warehouse are made of it, and Snowflake's login reads those in upper case.
        pattern=r"^[A-Z_](\$?[A-Z0-9_])*\$?$",
        max_length=255,
        description="the name of a Snowflake database that needs no quotes, in upper case",
        examples=["AURORA"],
    )
    snowpipe_queue_arn: str = Field(
        pattern=r"^(arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80})?$",
        description="the notification_channel that SHOW PIPES gives (an SQS queue's ARN), or empty before there is one",
        examples=["arn:aws:sqs:eu-central-1:123456789012:sf-snowpipe-AIDAEXAMPLE-AbCdEf"],
    )
    fence_margin_seconds: int = Field(ge=1, le=3600, description="whole seconds, 1 to 3600", examples=["5"])
    max_fence_lag_minutes: int = Field(ge=1, le=10080, description="whole minutes, 1 to 10080", examples=["60"])
    load_timeout_seconds: int = Field(ge=1, le=86400, description="whole seconds, 1 to 86400", examples=["1800"])
    load_poll_seconds: int = Field(ge=1, le=300, description="whole seconds, 1 to 300", examples=["10"])
    load_first_look_seconds: int = Field(ge=1, le=300, description="whole seconds, 1 to 300", examples=["45"])
    slice_megabytes: float = Field(gt=0, le=5000, description="megabytes above 0, up to 5000", examples=["200.0"])
    wave_slices: int = Field(ge=1, le=200, description="a whole number from 1 to 200", examples=["16"])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        description="DEBUG, INFO, WARNING or ERROR", examples=["INFO"]
    )
    notification_email: str = Field(
        pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$",
        description="an e-mail address, or empty for none",
        examples=["data-team@example.com"],
    )

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """The settings that the context of a CDK app gives; keys of CDK itself are ignored.

        Raises SettingsError for the first key that is unknown, missing, wrong or contradicts another.
        """
        unknown = [key for key in context if _OWN_KEY.fullmatch(key) and key not in cls.model_fields]
        if unknown:
            raise SettingsError(cls._unknown(unknown[0]))
        try:
            settings = cls.model_validate(dict(context))
        except ValidationError as error:
            raise SettingsError(cls._invalid(str(error.errors()[0]["loc"][0]), context)) from None
        for sentence in (
            *settings.contradictions(),
            *settings.retention_contradictions(),
            *settings.other_region(),
            *settings.wrong_files(),
        ):
            raise SettingsError(f"{sentence}.")
        return settings

    def other_region(self) -> Iterator[str]:
        """A sentence where Snowpipe's queue is in another region than the cluster, whose bucket could not notify it."""
        region = self.snowpipe_queue_arn.split(":")[3] if self.snowpipe_queue_arn else ""
        if region and self.aurora_region and region != self.aurora_region:
            yield (
                f"Context key snowpipe_queue_arn is in {region}, but aurora_cluster_arn in {self.aurora_region}, and "
                "S3 notifies only queues of its own region: take the notification_channel of a pipe of a Snowflake "
                f"account in {self.aurora_region}"
            )

    def check_place(self, region: str, account: str) -> None:
        """Raises SettingsError where the deployment's region or account, as far as known, is not the cluster's.

        aws_s3 writes only into a bucket of the cluster's own region and account.
        """
        places = (("region", region, self.aurora_region), ("account", account, self.aurora_account))
        for kind, place, aurora_place in places:
            if place and aurora_place and place != aurora_place:
                raise SettingsError(
                    f"Context key aurora_cluster_arn names a cluster in {kind} {aurora_place}, but the deployment goes "
                    f"to {place}, and Aurora exports only to a bucket of its own {kind}: deploy there, for example "
                    f"with a --profile whose {kind} is {aurora_place}."
                )

    def check_runtime(self) -> None:
        """Raises SettingsError for a Python version whose Lambda runtime cannot load the drivers.

        Lambda's Python 3.11 runs on Amazon Linux 2, whose C library is older than the drivers' wheels; an emulator that
        runs on this machine's own Python 3.11 can load them.
        """
        if self.lambda_python == "3.11" and not self.emulated:
            raise SettingsError(
                "Context key lambda_python is '3.11', whose Lambda runtime is too old for the database drivers: "
                "set a newer one, for example -c lambda_python=3.13."
            )

    @classmethod
    def _unknown(cls, key: str) -> str:
        near = difflib.get_close_matches(key, cls.model_fields, n=1)
        if not near:
            return f"Context key {key} is unknown: remove it, or use one of {', '.join(cls.model_fields)}."
        return (
            f"Context key {key} is unknown: did you mean {near[0]}, for example -c {near[0]}={cls._example(near[0])}?"
        )

    @classmethod
    def _invalid(cls, key: str, context: Mapping[str, Any]) -> str:
        problem = f"is {context[key]!r}, but" if key in context else "is missing and"
        return (
            f"Context key {key} {problem} must be {cls.model_fields[key].description}: "
            f"set it in cdk.json or on the command line, for example -c {key}={cls._example(key)}."
        )

    @classmethod
    def _example(cls, key: str) -> str:
        return str((cls.model_fields[key].examples or [""])[0])
