"""Parameter Store: the list of tables to sync, and who may read or edit it."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct


class TableParameters(Construct):
    """`<prefix>/tables`, empty at first and then edited by operators; single tables live below it."""

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str) -> None:
        super().__init__(scope, construct_id)
        self.prefix = prefix
        self.tables = ssm.StringParameter(
            self,
            "Tables",
            parameter_name=f"{prefix}/tables",
            description="Tables to copy from Aurora to Snowflake: a JSON list of table specifications.",
            string_value="[]",
        )

    def read_statement(self) -> iam.PolicyStatement:
        """Reading the table specifications, and nothing else of the prefix."""
        return iam.PolicyStatement(
            actions=["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], resources=self._tables()
        )

    def write_statement(self) -> iam.PolicyStatement:
        """Editing the table specifications, and nothing else of the prefix."""
        return iam.PolicyStatement(actions=["ssm:PutParameter"], resources=self._tables())

    def _tables(self) -> list[str]:
        return [self._arn(f"{self.prefix}/tables"), self._arn(f"{self.prefix}/tables/*")]

    def _arn(self, name: str) -> str:
        return Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=name.removeprefix("/"))
