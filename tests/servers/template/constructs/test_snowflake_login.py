"""Without a secret: one role for the functions that speak to Snowflake, and for nothing else."""

from infra.constructs.function_specs import FUNCTIONS
from tests.support.policies import permission_rows
from tests.support.synthesis import Synthesized
from tests.unit.imports import reached


def test_the_functions_that_open_a_session_of_snowflake_may_become_the_role() -> None:
    session = "functions.shared.snowflake.session"
    opened = {spec.name for spec in FUNCTIONS if session in reached(f"functions.{spec.name}.handler")}
    assert opened == {spec.name for spec in FUNCTIONS if spec.uses_snowflake}


def test_there_is_no_such_role_where_the_functions_have_a_key(stack: Synthesized) -> None:
    assert not [role for role in stack.of_type("AWS::IAM::Role") if role["RoleName"].endswith("-snowflake-login")]
    assert not [row for row in permission_rows(stack) if "sts:AssumeRole" in row.actions]


def test_the_role_itself_may_do_nothing(none: Synthesized) -> None:
    [role] = [one for one in none.of_type("AWS::IAM::Role") if one["RoleName"].endswith("-snowflake-login")]
    assert "Policies" not in role
    assert "ManagedPolicyArns" not in role
