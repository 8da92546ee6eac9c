"""The workflow's functions, each with its own role and log group."""

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.function_specs import FUNCTIONS, FunctionSpec
from infra.constructs.names import role_arn
from infra.constructs.network.network import Placement
from infra.constructs.parameters import TableParameters
from infra.constructs.retention import log_group
from infra.package.bundling import Bundler
from infra.settings.settings import Settings

# What a function has left to report that Aurora cancelled its statement, before Lambda ends it: then nobody would.
_RESERVE_SECONDS = 30
_TRACE = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
_CHANGE_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
]
_SEE_INTERFACES = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]


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
        staging_bucket: s3.IBucket,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._bundler = bundler
        self._parameters = parameters
        self._placement = placement
        common = _environment(settings, staging_bucket.bucket_name, placement)
        key = staging_bucket.encryption_key
        assert key
        self.roles: list[iam.Role] = []
        self.functions: Mapping[str, lambda_.Function] = {
            spec.substitution: self._function(spec, {**common, **_own_environment(spec, settings, key.key_arn)})
            for spec in FUNCTIONS
        }
        self.vault_role_arns = [role_arn(self, self._name(spec)) for spec in FUNCTIONS if spec.needs_credentials]

    def _name(self, spec: FunctionSpec) -> str:
        return f"{self._settings.stack_name}-{spec.dashed}"

    def _function(self, spec: FunctionSpec, environment: Mapping[str, str]) -> lambda_.Function:
        name = self._name(spec)
        scope = Construct(self, spec.substitution)
        group = log_group(scope, "Logs", name=f"/aws/lambda/{name}", settings=self._settings)
        function = lambda_.Function(
            scope,
            "Function",
            function_name=name,
            handler=f"functions.{spec.name}.handler.handler",
            code=self._bundler.code(spec.name),
            runtime=self._bundler.runtime,
            architecture=self._bundler.architecture,
            timeout=Duration.minutes(spec.timeout),
            memory_size=spec.memory,
            role=self._role(scope, name, self._statements(spec, name, group)),
            log_group=group,
            environment=environment,
        )
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        if self._settings.tracing:
            resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        if self._placement and spec.needs_credentials:
            resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
                subnet_ids=list(self._placement.subnet_ids),
                security_group_ids=list(self._placement.security_group_ids),
            )
        return function

    def _role(self, scope: Construct, name: str, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        # Vault binds its roles to these names.
        role = iam.Role(
            scope,
            "Role",
            role_name=name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"least-privilege": iam.PolicyDocument(statements=list(statements))},
        )
        self.roles.append(role)
        return role

    def _statements(self, spec: FunctionSpec, name: str, group: logs.LogGroup) -> list[iam.PolicyStatement]:
        write_logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
        statements = [iam.PolicyStatement(actions=write_logs, resources=[group.log_group_arn])]
        if self._settings.tracing:
            statements.append(iam.PolicyStatement(actions=_TRACE, resources=["*"]))
        if self._placement and spec.needs_credentials:
            statements += self._interface_statements(name)
        if spec.reads_parameters:
            statements.append(self._parameters.read_statement())
        if spec.reads_cluster and self._settings.aurora_cluster_arn:
            cluster = self._settings.aurora_cluster_arn
            statements.append(iam.PolicyStatement(actions=["rds:DescribeDBClusters"], resources=[cluster]))
        if spec.writes_parameters:
            statements.append(self._parameters.write_statement())
        return statements

    def _interface_statements(self, name: str) -> list[iam.PolicyStatement]:
        """Lambda makes the network interfaces under the function's role; the function's own code may not."""
        stack = Stack.of(self)
        own = stack.format_arn(service="ec2", resource="*", resource_name="*")
        # A shared subnet is another account's.
        subnets = stack.format_arn(service="ec2", account="*", resource="subnet", resource_name="*")
        function_arn = stack.format_arn(
            service="lambda", resource="function", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        return [
            iam.PolicyStatement(actions=_CHANGE_INTERFACES, resources=[own, subnets]),
            iam.PolicyStatement(actions=_SEE_INTERFACES, resources=["*"]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=_CHANGE_INTERFACES + _SEE_INTERFACES,
                resources=["*"],
                conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
            ),
        ]


def _environment(settings: Settings, staging_bucket_name: str, placement: Placement | None) -> dict[str, str]:
    return {
        "NETWORK": placement.description if placement else "outside of a VPC",
        "PARAMETER_PREFIX": settings.parameter_prefix,
        "AURORA_CLUSTER_ARN": settings.aurora_cluster_arn,
        "STAGING_BUCKET": staging_bucket_name,
        "VAULT_URL": settings.vault_url,
        "VAULT_CA_PEM": settings.vault_ca_pem,
        "VAULT_ROLE": settings.vault_role,
        "VAULT_AUTH_MOUNT": settings.vault_auth_mount,
        "VAULT_SERVER_ID": settings.vault_server_id,
        "VAULT_STS_REGION": settings.vault_sts_region,
        "VAULT_KV_MOUNT": settings.vault_kv_mount,
        "SNOWFLAKE_DATABASE": settings.snowflake_database,
        "FENCE_MARGIN_SECONDS": str(settings.fence_margin_seconds),
        "STATEMENT_TIMEOUT_SECONDS": str(settings.statement_timeout_seconds),
        "LOCK_TIMEOUT_SECONDS": str(settings.lock_timeout_seconds),
        "FINAL_TRANSIENT": str(settings.final_transient).lower(),
        "LOAD_TIMEOUT_SECONDS": str(settings.load_timeout_seconds),
        "SLICE_MEGABYTES": f"{settings.slice_megabytes:g}",
        "WAVE_SLICES": str(settings.wave_slices),
        "LOAD_POLL_SECONDS": str(settings.load_poll_seconds),
        "LOAD_FIRST_LOOK_SECONDS": str(settings.load_first_look_seconds),
        "POWERTOOLS_METRICS_NAMESPACE": settings.stack_name,
        "POWERTOOLS_LOG_LEVEL": settings.log_level,
    }


def _own_environment(spec: FunctionSpec, settings: Settings, staging_key_arn: str) -> dict[str, str]:
    """What only this function is told: it reads no secret that it does not need."""
    return {
        "POWERTOOLS_SERVICE_NAME": spec.dashed,
        "STATEMENT_SECONDS": str(spec.timeout * 60 - _RESERVE_SECONDS),
        "STAGING_KEY": staging_key_arn if spec.name == "export" else "",
        "VAULT_AURORA_PATH": settings.vault_aurora_path if spec.uses_aurora else "",
        "VAULT_AURORA_LOGIN_PATH": settings.vault_aurora_login_path if spec.uses_aurora else "",
        "VAULT_SNOWFLAKE_PATH": settings.vault_snowflake_path if spec.uses_snowflake else "",
    }
