"""The context keys of the network: where the functions run, and how they reach Aurora."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

_EXISTING = ("vpc_id", "private_subnet_ids", "route_table_ids")
# Keys that a kind of network would silently ignore.
_USELESS: dict[str, tuple[str, ...]] = {
    "existing": (),
    "new": _EXISTING,
    "none": (*_EXISTING, "aurora_security_group_id", "aurora_cidr", "interface_endpoints"),
}


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


# A list that the command line may write a,b.
LIST = BeforeValidator(_items)
Cidr = Annotated[str, AfterValidator(_network)]
_SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
_RouteTableId = Annotated[str, StringConstraints(pattern=r"^rtb-[0-9a-f]{8,17}$")]
_ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$")]
_ServiceNames = Annotated[tuple[_ServiceName, ...], LIST, AfterValidator(_each_once)]


class NetworkSettings(BaseModel):
    """One field per context key; each description completes the sentence "must be ..."."""

    network: Literal["existing", "new", "none"] = Field(
        description="existing (your VPC), new (a VPC of its own) or none (outside of any VPC)", examples=["existing"]
    )
    vpc_id: str = Field(
        pattern=r"^(vpc-[0-9a-f]{8,17})?$",
        description="the id of the VPC of network existing, else empty",
        examples=["vpc-0a1b2c3d4e5f67890"],
    )
    private_subnet_ids: Annotated[tuple[_SubnetId, ...], LIST] = Field(
        description="the ids of private subnets with a way to the internet, joined by commas",
        examples=["subnet-0a1b2c3d4e5f67890,subnet-0f1e2d3c4b5a69788"],
    )
    route_table_ids: Annotated[tuple[_RouteTableId, ...], LIST] = Field(
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
    aurora_cidr: Cidr = Field(
        description="the IPv4 network of a cluster whose security group cannot be referenced, or empty",
        examples=["10.20.0.0/22"],
    )
    aurora_port: int = Field(ge=1, le=65535, description="the port of the cluster, 1 to 65535", examples=["5432"])

    def network_contradictions(self) -> Iterator[str]:
        """Sentences on keys of the network that contradict each other, as far as the full stop."""
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
