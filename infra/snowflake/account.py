"""An administrator's choices for the Snowflake account: names, the roles that it trusts, the addresses it admits."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from infra.settings.settings import Settings
from infra.settings.staging_names import read_role_arn, staging_bucket

_ROLE_ARN = r"arn:aws:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+"


class AccountError(Exception):
    """A choice is wrong; the message is one sentence that names it and what it must be."""


def _name(text: str) -> str:
    # Names stand inside $$ … $$ and one statement must not end within a name.
    if not text or len(text) > 255 or "$$" in text or any(ord(char) < 32 for char in text):
        raise ValueError(text)
    return text


def _login_name(text: str) -> str:
    if not re.fullmatch(r"[A-Z_](\$?[A-Z0-9_])*\$?", text) or len(text) > 255:
        raise ValueError(text)
    return text


def _or_placeholder(pattern: str) -> str:
    return rf"^({pattern}|<[A-Za-z ]+>)$"


Name = Annotated[str, AfterValidator(_name)]
_NAME = Field(description="a name of up to 255 characters, without $$ and control characters")
# What the functions name when they log in, where Snowflake reads it as if it stood without quotes.
LoginName = Annotated[str, AfterValidator(_login_name)]
_LOGIN_NAME = Field(
    description="a name of up to 255 characters, of upper-case letters, digits, _ and $, as Snowflake's login reads it"
)


class SnowflakeAccount(BaseModel):
    """Each description completes the sentence "must be …"; a value like <bucket> is still to be filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: LoginName = _LOGIN_NAME
    role: LoginName = _LOGIN_NAME
    reader_role: Name = _NAME
    user: Name = _NAME
    warehouse: LoginName = _LOGIN_NAME
    bucket: str = Field(
        default="<bucket>",
        pattern=_or_placeholder(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
        description="the name of the staging bucket, the stack's output StagingBucketName",
    )
    storage_role_arn: str = Field(
        default="<ARN of the role that reads the bucket>",
        pattern=_or_placeholder(_ROLE_ARN),
        description="the ARN of the AWS role that Snowflake assumes to read the bucket",
    )
    storage_external_id: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_+=,.@:/-]{2,})?$",
        description="the external id of that role's trust policy, or empty for one of Snowflake's making",
    )
    public_key: str = Field(
        default="<public key>",
        pattern=_or_placeholder(r"([A-Za-z0-9+/]+={0,2})?"),
        description="the service user's RSA public key in base64, without its first and last line",
    )
    public_key_slot: Literal["RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"] = Field(
        default="RSA_PUBLIC_KEY", description="RSA_PUBLIC_KEY or RSA_PUBLIC_KEY_2: a user may have two keys"
    )
    workload_identity_arn: str = Field(
        default="",
        pattern=rf"^({_ROLE_ARN})?$",
        description="the ARN of an AWS role that logs in as the service user without a key, or empty",
    )
    allowed_cidrs: tuple[IPv4Network, ...] = Field(
        default=(), description="IPv4 networks such as 203.0.113.0/24, with no bit set past the prefix"
    )

    warehouse_size: str = Field(default="XSMALL", description="a size of a warehouse")
    warehouse_generation: str = Field(default="2", description="1 or 2")
    merge_warehouses: tuple[LoginName, ...] = Field(default=(), description="names of warehouses that are there")
    monthly_credits: int = Field(default=1000, ge=0, description="whole credits, 0 for no limit")
    statement_timeout_seconds: int = Field(default=14400, ge=1, description="whole seconds")
    statement_queued_timeout_seconds: int = Field(default=3600, ge=1, description="whole seconds")
    final_retention_days: int = Field(default=1, ge=0, le=90, description="whole days, 0 to 90")

    @classmethod
    def of(cls, **choices: object) -> Self:
        """The account of these choices; names that are not chosen are made of the database's.

        Raises AccountError for the first choice that is wrong.
        """
        database = choices["database"]
        names = {"role": f"{database}_SYNC", "reader_role": f"{database}_READER", "user": f"{database}_SYNC"}
        try:
            account = cls.model_validate({**names, "warehouse": f"{database}_SYNC", **choices})
        except ValidationError as error:
            wrong = error.errors()[0]
            field = str(wrong["loc"][0])
            raise AccountError(
                f"{field} is {wrong['input']!r}, but must be {cls.model_fields[field].description}."
            ) from None
        if account.workload_identity_arn and account.public_key and "public_key" in account.model_fields_set:
            raise AccountError("public_key and workload_identity_arn are both given: a service user needs one of them.")
        return account

    @classmethod
    def of_deployment(cls, settings: Settings, **choices: object) -> Self:
        """The account that a deployment needs; what neither its settings nor a choice give is still to be filled in.

        Raises AccountError for the first choice that is wrong.
        """
        known: dict[str, object] = {
            "bucket": staging_bucket(settings),
            "storage_role_arn": read_role_arn(settings),
            "storage_external_id": settings.snowflake_external_id,
            "allowed_cidrs": settings.snowflake_allowed_cidrs,
        }
        given = {name: value for name, value in known.items() if value}
        limits = {
            "warehouse_size": settings.snowflake_warehouse_size,
            "warehouse_generation": settings.snowflake_warehouse_generation,
            "merge_warehouses": settings.snowflake_merge_warehouses,
            "monthly_credits": settings.snowflake_monthly_credits,
            "statement_timeout_seconds": settings.statement_timeout_seconds,
            "statement_queued_timeout_seconds": settings.statement_queued_timeout_seconds,
            "final_retention_days": settings.final_retention_days,
        }
        return cls.of(**{"database": settings.snowflake_database, **given, **limits, **choices})

    @property
    def open_points(self) -> list[str]:
        """The values that are still to be filled in."""
        values = [self.bucket, self.storage_role_arn]
        values += [] if self.workload_identity_arn else [self.public_key]
        return [value for value in values if value.startswith("<")]
