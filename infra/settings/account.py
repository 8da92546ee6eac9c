"""The context keys of an account: its network, whom it lets in, and how long it keeps what."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

# What CloudWatch Logs offers.
_LOG_DAYS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
_EXISTING = ("vpc_id", "private_subnet_ids", "route_table_ids")
# Keys that a kind of network would silently ignore.
_USELESS: dict[str, tuple[str, ...]] = {
    "existing": (),
    "new": _EXISTING,
    "none": (*_EXISTING, "aurora_security_group_id", "aurora_cidr", "interface_endpoints"),
}
_SNOWFLAKE_TWINS = (
    ("snowflake_iam_user_arn", "snowflake_external_id"),
    ("snowflake_external_id", "snowflake_iam_user_arn"),
)


def _items(value: Any) -> Any:
    """A list is written a,b on the command line."""
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _each_once(services: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(services)) < len(services):
        raise ValueError(services)
    return services


def _network(text: str) -> str:
    """As AWS and Snowflake want it: an address or a netmask is written with its prefix."""
    return str(IPv4Network(text)) if text else text


def _vpc_network(text: str) -> str:
    if not 16 <= IPv4Network(text).prefixlen <= 26:
        raise ValueError(text)
    return _network(text)


def _log_days(days: int) -> int:
    if days not in _LOG_DAYS:
        raise ValueError(days)
    return days


def _glacier_days(days: int) -> int:
    if days and not 14 <= days <= 3650:
        raise ValueError(days)
    return days


_Cidr = Annotated[str, AfterValidator(_network)]
_SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
_RouteTableId = Annotated[str, StringConstraints(pattern=r"^rtb-[0-9a-f]{8,17}$")]
_ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$")]
_ServiceNames = Annotated[tuple[_ServiceName, ...], BeforeValidator(_items), AfterValidator(_each_once)]


class AccountSettings(BaseModel):
    """One field per context key; each description completes the sentence "must be ..."."""

    network: Literal["existing", "new", "none"] = Field(
        description="existing (your VPC), new (a VPC of its own) or none (outside of any VPC)", examples=["existing"]
    )
    vpc_id: str = Field(
        pattern=r"^(vpc-[0-9a-f]{8,17})?$",
        description="the id of the VPC of network existing, else empty",
        examples=["vpc-0a1b2c3d4e5f67890"],
    )
    private_subnet_ids: Annotated[tuple[_SubnetId, ...], BeforeValidator(_items)] = Field(
        description="the ids of private subnets with a way to the internet, joined by commas",
        examples=["subnet-0a1b2c3d4e5f67890,subnet-0f1e2d3c4b5a69788"],
    )
    route_table_ids: Annotated[tuple[_RouteTableId, ...], BeforeValidator(_items)] = Field(
        description="the ids of route tables that get an S3 gateway endpoint, joined by commas, or empty for none",
        examples=["rtb-0a1b2c3d4e5f67890"],
    )
    vpc_cidr: Annotated[str, AfterValidator(_vpc_network)] = Field(
        description="the IPv4 network of a VPC of network new, /16 to /26", examples=["10.90.0.0/24"]
    )
    interface_endpoints: _ServiceNames = Field(
        description="AWS services that get an interface endpoint, each once, joined by commas, or empty for none",
        examples=["ssm,sts"],
    )
    aurora_security_group_id: str = Field(
        pattern=r"^(sg-[0-9a-f]{8,17})?$",
        description="the id of the Aurora cluster's security group, or empty",
        examples=["sg-0a1b2c3d4e5f67890"],
    )
    aurora_cidr: Annotated[str, AfterValidator(_network)] = Field(
        description="the IPv4 network of a cluster whose security group cannot be referenced, or empty",
        examples=["10.20.0.0/22"],
    )
    aurora_port: int = Field(ge=1, le=65535, description="the port of the cluster, 1 to 65535", examples=["5432"])
    aurora_cluster_arn: str = Field(
        pattern=r"^(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[A-Za-z][A-Za-z0-9-]{0,62})?$",
        description="the ARN of the Aurora cluster that writes the exports, or empty",
        examples=["arn:aws:rds:eu-central-1:123456789012:cluster:shop"],
    )
    snowflake_iam_user_arn: str = Field(
        pattern=r"^(arn:aws[a-z-]*:iam::\d{12}:user/[A-Za-z0-9_+=,.@/-]{1,576})?$",
        description="the STORAGE_AWS_IAM_USER_ARN of DESC INTEGRATION, or empty before there is one",
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
    snowflake_allowed_cidrs: Annotated[tuple[_Cidr, ...], BeforeValidator(_items)] = Field(
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
        yield from self._network_contradictions()
        for key, twin in _SNOWFLAKE_TWINS:
            if getattr(self, twin) and not getattr(self, key):
                yield self._needed(key, f"{twin} is set, and DESC INTEGRATION gives both")
        if self.staging_glacier_days >= self.staging_retention_days:
            yield (
                f"Context key staging_glacier_days is {self.staging_glacier_days}, but must be less than "
                f"staging_retention_days ({self.staging_retention_days}): lower it, for example "
                "-c staging_glacier_days=0"
            )

    def _network_contradictions(self) -> Iterator[str]:
        if self.network == "existing":
            yield from self._existing_contradictions()
        for key in _USELESS[self.network]:
            if getattr(self, key):
                other = "new" if key == "interface_endpoints" else "existing"
                yield (
                    f"Context key {key} is set, but network {self.network} has no use for it: leave it empty, "
                    f"or choose another network, for example -c network={other}"
                )
        if self.aurora_security_group_id and self.aurora_cidr:
            yield (
                "Context key aurora_cidr is set, but aurora_security_group_id says the same more exactly: "
                "leave one of them empty, for example by -c aurora_cidr= on the command line"
            )

    def _existing_contradictions(self) -> Iterator[str]:
        for key in ("vpc_id", "private_subnet_ids"):
            if not getattr(self, key):
                yield self._needed(key, "network is existing")
        if not self.aurora_security_group_id and not self.aurora_cidr:
            yield self._needed("aurora_security_group_id", "network is existing and aurora_cidr is empty")
        if self.interface_endpoints:
            yield (
                "Context key interface_endpoints is set, but network is existing, and an endpoint's name holds for "
                "the whole VPC: this one would admit the functions and lock out all else that uses the service; "
                "leave it empty, for example by -c interface_endpoints= on the command line, and make a shared "
                "endpoint yourself, whose security group lets port 443 in from output FunctionsGroup too"
            )

    def _needed(self, key: str, why: str) -> str:
        example = (type(self).model_fields[key].examples or [""])[0]
        return (
            f"Context key {key} is empty, but {why}: set it in cdk.json or on the command line, "
            f"for example -c {key}={example}"
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


def port_of(url: str) -> int:
    """The port that an http(s) address is reached at."""
    parts = urlsplit(url)
    return parts.port or {"https": 443, "http": 80}[parts.scheme]
