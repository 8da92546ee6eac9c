"""Parameter Store: who may read or edit the tables to sync."""

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class TableParameters:
    """`<prefix>/tables` and single tables below it: the operators' own, which no deployment writes or deletes."""

    stack: Stack
    prefix: str

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
        return self.stack.format_arn(service="ssm", resource="parameter", resource_name=name.removeprefix("/"))
