"""The workflow's functions, each with a role and a log group of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bundling import Bundler
from infra.parameters import TableParameters
from infra.settings import Settings

LOG_RETENTION = logs.RetentionDays.ONE_MONTH
_PLAIN_MEMORY = 512
# Importing the Snowflake connector is bound by the processor, which grows with the memory.
_WAREHOUSE_MEMORY = 1024


@dataclass(frozen=True)
class FunctionSpec:
    """What differs between functions: `name` is the folder, the timeout is in minutes, the memory in MB."""

    name: str
    timeout: int
    memory: int
    reads_parameters: bool = False
    writes_parameters: bool = False

    @property
    def dashed(self) -> str:
        return self.name.replace("_", "-")

    @property
    def substitution(self) -> str:
        """The name by which the state machine's definition knows the function's ARN."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Function"


FUNCTIONS = (
    FunctionSpec("config", timeout=1, memory=_PLAIN_MEMORY, reads_parameters=True),
    FunctionSpec("replay", timeout=5, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("watermark", timeout=5, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("schema", timeout=5, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("export", timeout=15, memory=_PLAIN_MEMORY),
    FunctionSpec("await_load", timeout=2, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("merge", timeout=2, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("reconcile", timeout=5, memory=_WAREHOUSE_MEMORY),
    FunctionSpec("clear_full_refresh", timeout=1, memory=_PLAIN_MEMORY, reads_parameters=True, writes_parameters=True),
)


class SyncFunctions(Construct):
    """All functions of the workflow; `functions` maps each name in the definition to its function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundler: Bundler,
        parameters: TableParameters,
        staging_bucket_name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._bundler = bundler
        self._parameters = parameters
        environment = _environment(settings, staging_bucket_name)
        self.functions: Mapping[str, lambda_.Function] = {
            spec.substitution: self._function(spec, environment) for spec in FUNCTIONS
        }

    def _function(self, spec: FunctionSpec, environment: Mapping[str, str]) -> lambda_.Function:
        name = f"{self._settings.stack_name}-{spec.dashed}"
        scope = Construct(self, spec.substitution)
        log_group = logs.LogGroup(
            scope,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        return lambda_.Function(
            scope,
            "Function",
            function_name=name,
            handler=f"functions.{spec.name}.handler.handler",
            code=self._bundler.code(spec.name),
            runtime=self._bundler.runtime,
            architecture=self._bundler.architecture,
            timeout=Duration.minutes(spec.timeout),
            memory_size=spec.memory,
            role=self._role(scope, name, self._statements(spec, log_group)),
            log_group=log_group,
            environment={**environment, "POWERTOOLS_SERVICE_NAME": spec.dashed},
        )

    def _role(self, scope: Construct, name: str, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        # Vault binds its roles to these names.
        return iam.Role(
            scope,
            "Role",
            role_name=name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"least-privilege": iam.PolicyDocument(statements=list(statements))},
        )

    def _statements(self, spec: FunctionSpec, log_group: logs.LogGroup) -> list[iam.PolicyStatement]:
        write_logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
        statements = [iam.PolicyStatement(actions=write_logs, resources=[log_group.log_group_arn])]
        if spec.reads_parameters:
            statements.append(self._parameters.read_statement())
        if spec.writes_parameters:
            statements.append(self._parameters.write_statement())
        return statements


def _environment(settings: Settings, staging_bucket_name: str) -> dict[str, str]:
    return {
        "PARAMETER_PREFIX": settings.parameter_prefix,
        "STAGING_BUCKET": staging_bucket_name,
        "VAULT_URL": settings.vault_url,
        "VAULT_ROLE": settings.vault_role,
        "VAULT_AUTH_MOUNT": settings.vault_auth_mount,
        "VAULT_SERVER_ID": settings.vault_server_id,
        "VAULT_KV_MOUNT": settings.vault_kv_mount,
        "VAULT_AURORA_PATH": settings.vault_aurora_path,
        "VAULT_SNOWFLAKE_PATH": settings.vault_snowflake_path,
        "SNOWFLAKE_DATABASE": settings.snowflake_database,
        "FENCE_MARGIN_SECONDS": str(settings.fence_margin_seconds),
        "LOAD_TIMEOUT_SECONDS": str(settings.load_timeout_seconds),
        "SLICE_MEGABYTES": f"{settings.slice_megabytes:g}",
        "WAVE_SLICES": str(settings.wave_slices),
        "LOAD_POLL_SECONDS": str(settings.load_poll_seconds),
        "POWERTOOLS_METRICS_NAMESPACE": settings.stack_name,
        "POWERTOOLS_LOG_LEVEL": settings.log_level,
    }
