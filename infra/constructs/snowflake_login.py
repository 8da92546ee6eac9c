"""The role by which the functions log in to Snowflake without a secret.

A user of Snowflake accepts one AWS role, and each function has a different role, so they all assume this one.
"""

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.function_specs import FUNCTIONS, FunctionSpec
from infra.constructs.functions import SyncFunctions
from infra.constructs.names import role_arn
from infra.settings.settings import Settings
from infra.settings.staging_names import login_role


class SnowflakeLogin(Construct):
    """The role has no permissions: Snowflake has AWS identify it, and logs its user in."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, functions: SyncFunctions) -> None:
        super().__init__(scope, construct_id)
        roles = {spec: _role(functions, spec) for spec in FUNCTIONS if spec.uses_snowflake}
        trusted = [iam.ArnPrincipal(role.role_arn) for role in roles.values()]
        iam.Role(self, "Role", role_name=login_role(settings), assumed_by=iam.CompositePrincipal(*trusted))
        for spec, role in roles.items():
            assume = iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[role_arn(self, login_role(settings))])
            iam.Policy(self, spec.substitution, roles=[role], statements=[assume])


def _role(functions: SyncFunctions, spec: FunctionSpec) -> iam.IRole:
    role = functions.functions[spec.substitution].role
    assert role is not None
    return role
