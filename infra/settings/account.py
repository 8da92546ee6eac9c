"""The context keys of an account: who has access, and how long data is kept."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.settings.network import LIST, Cidr, NetworkSettings

# What CloudWatch Logs offers.
_LOG_DAYS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
# Glacier Flexible Retrieval bills a file for at least so long.
_GLACIER_DAYS = 90
_SNOWFLAKE_TWINS = (
    ("snowflake_iam_user_arn", "snowflake_external_id"),
    ("snowflake_external_id", "snowflake_iam_user_arn"),
)


def _log_days(days: int) -> int:
    if days not in _LOG_DAYS:
        raise ValueError(days)
    return days


def _glacier_days(days: int) -> int:
    if days and not 14 <= days <= 3650:
        raise ValueError(days)
    return days


class AccountSettings(NetworkSettings):
    """One field per context key; each description completes the sentence "must be ..."."""

    aurora_cluster_arn: str = Field(
        pattern=r"^(arn:aws:rds:[a-z0-9-]+:\d{12}:cluster:[A-Za-z][A-Za-z0-9-]{0,62})?$",
        description="the ARN of the Aurora cluster that writes the exports, in AWS's partition aws, or empty",
        examples=["arn:aws:rds:eu-central-1:123456789012:cluster:shop"],
    )
    aurora_export_role_arn: str = Field(
        pattern=r"^(arn:aws:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]{1,576})?$",
        description="the ARN of the role that the cluster has for s3Export already, or empty for the stack's own",
        examples=["arn:aws:iam::123456789012:role/shop-exports"],
    )
    snowflake_iam_user_arn: str = Field(
        pattern=r"^(arn:aws:iam::\d{12}:user/[A-Za-z0-9_+=,.@/-]{1,576})?$",
        description="the STORAGE_AWS_IAM_USER_ARN of DESC INTEGRATION (arn:aws:iam), or empty before there is one",
        examples=["arn:aws:iam::123456789012:user/abc1-b-self1234"],
    )
    snowflake_external_id: str = Field(
        pattern=r"^([A-Za-z0-9_+=,.@:/-]{2,1224})?$",
        description="the STORAGE_AWS_EXTERNAL_ID of DESC INTEGRATION, or empty before there is one",
        examples=["MYACCOUNT_SFCRole=2_a1b2c3d4e5f6="],
    )
    snowflake_login: Literal["key_pair", "workload_identity"] = Field(
        description="key_pair (Vault holds a private key) or workload_identity (no secret: an AWS role)",
        examples=["workload_identity"],
    )
    snowflake_allowed_cidrs: Annotated[tuple[Cidr, ...], LIST] = Field(
        description="the IPv4 networks that Snowflake lets the functions log in from, joined by commas, or empty",
        examples=["203.0.113.7/32"],
    )
    # A failed table can be redriven for 14 days, and then its files must still be there.
    staging_retention_days: int = Field(ge=14, le=3650, description="whole days, 14 to 3650", examples=["30"])
    staging_glacier_days: Annotated[int, AfterValidator(_glacier_days)] = Field(
        description="whole days, 14 to 3650, or 0 for never", examples=["0"]
    )
    log_retention_days: Annotated[int, AfterValidator(_log_days)] = Field(
        description=f"one of the days that CloudWatch Logs offers ({', '.join(map(str, sorted(_LOG_DAYS)))})",
        examples=["30"],
    )
    retain_data: bool = Field(description="true or false", examples=["true"])
    tracing: bool = Field(description="true or false", examples=["true"])

    def contradictions(self) -> Iterator[str]:
        """Sentences on keys that contradict each other, as far as the full stop; none where all fit together."""
        yield from self.network_contradictions()
        for key, twin in _SNOWFLAKE_TWINS:
            if getattr(self, twin) and not getattr(self, key):
                yield self._needed(key, f"{twin} is set, and DESC INTEGRATION gives both")
        if self.staging_glacier_days > self.staging_retention_days - _GLACIER_DAYS and self.staging_glacier_days:
            yield (
                f"Context key staging_glacier_days is {self.staging_glacier_days}, but Glacier bills {_GLACIER_DAYS} "
                f"days of each file, and staging_retention_days ({self.staging_retention_days}) removes it before: "
                "lower it, for example -c staging_glacier_days=0"
            )

    @property
    def aurora_region(self) -> str:
        """The region of aurora_cluster_arn, or empty without one."""
        return self.aurora_cluster_arn.split(":")[3] if self.aurora_cluster_arn else ""

    @property
    def aurora_account(self) -> str:
        """The account of aurora_cluster_arn, or empty without one."""
        return self.aurora_cluster_arn.split(":")[4] if self.aurora_cluster_arn else ""

    @property
    def aurora_cluster_name(self) -> str:
        """The cluster's identifier, or empty without aurora_cluster_arn."""
        return self.aurora_cluster_arn.rpartition(":")[2]
