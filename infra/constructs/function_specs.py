"""The timeout, memory and permissions of each function of the workflow."""

from dataclasses import dataclass

from infra.constructs.names import dashed

_PLAIN_MEMORY = 512
# Importing the Snowflake connector is bound by the processor, which grows with the memory.
_SNOWFLAKE_MEMORY = 1024


@dataclass(frozen=True)
class FunctionSpec:
    """What differs between functions: `name` is the folder, the timeout is in minutes, the memory in MB.

    A function that `needs_credentials` of Vault runs in the private subnets. The others call AWS's own APIs only,
    which a network would not make safer: outside of the VPC they need no interface, NAT gateway or endpoint.
    A function that `uses_aurora` or `uses_snowflake` reads Vault's secret of it; one of the latter may log in there by
    an AWS role where the deployment has no key.
    """

    name: str
    timeout: int
    memory: int
    reads_parameters: bool = False
    writes_parameters: bool = False
    reads_cluster: bool = False
    needs_credentials: bool = True
    uses_aurora: bool = True
    uses_snowflake: bool = True

    @property
    def dashed(self) -> str:
        """The name in AWS: a function's is the stack's name and this."""
        return dashed(self.name)

    @property
    def substitution(self) -> str:
        """The name that stands for the function's ARN in the state machine's definition."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Function"


FUNCTIONS = (
    FunctionSpec(
        "config",
        timeout=1,
        memory=_PLAIN_MEMORY,
        reads_parameters=True,
        reads_cluster=True,
        needs_credentials=False,
        uses_aurora=False,
        uses_snowflake=False,
    ),
    FunctionSpec("progress", timeout=2, memory=_SNOWFLAKE_MEMORY, uses_aurora=False),
    FunctionSpec("replay", timeout=5, memory=_SNOWFLAKE_MEMORY, uses_aurora=False),
    FunctionSpec("watermark", timeout=5, memory=_SNOWFLAKE_MEMORY),
    FunctionSpec("schema", timeout=5, memory=_SNOWFLAKE_MEMORY),
    FunctionSpec("export", timeout=15, memory=_PLAIN_MEMORY, uses_snowflake=False),
    FunctionSpec("await_load", timeout=2, memory=_SNOWFLAKE_MEMORY, uses_aurora=False),
    FunctionSpec("merge", timeout=2, memory=_SNOWFLAKE_MEMORY, uses_aurora=False),
    FunctionSpec("reconcile", timeout=5, memory=_SNOWFLAKE_MEMORY),
    FunctionSpec("maintain", timeout=15, memory=_SNOWFLAKE_MEMORY, uses_aurora=False),
    FunctionSpec(
        "clear_full_refresh",
        timeout=1,
        memory=_PLAIN_MEMORY,
        reads_parameters=True,
        writes_parameters=True,
        needs_credentials=False,
        uses_aurora=False,
        uses_snowflake=False,
    ),
)
