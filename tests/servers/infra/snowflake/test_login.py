"""Without a secret: one role for the functions that speak to Snowflake, and a user who is that role."""

import json
import shlex

from snowflake.connector.connection import DEFAULT_CONFIGURATION

from infra.constructs.function_specs import FUNCTIONS
from infra.settings.settings import Settings
from infra.settings.staging_names import login_role_arn
from tests.servers.infra.snowflake.bootstrapping import USER, Bench
from tests.support.policies import permission_rows
from tests.support.synthesis import Synthesized
from tests.unit.imports import reached

WITHOUT_SECRET = ("-c", "snowflake_login=workload_identity")


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


def test_the_user_is_the_role_and_vault_gets_no_secret(bench: Bench) -> None:
    code, output = bench.run(*WITHOUT_SECRET, key=False)
    assert code == 0, output
    role = login_role_arn(Settings.from_context(bench.context))
    [identity] = bench.execute(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR {USER}")
    assert role.endswith(json.loads(identity["additional_info"])["iamRole"])
    assert "RSA_PUBLIC_KEY_FP" not in bench.described(USER)
    [command] = [line for line in output.splitlines() if line.startswith("vault kv put")]
    secret = json.loads(shlex.split(command)[-1])
    assert secret["workload_identity_impersonation_path"] == [role]
    assert secret.keys() <= DEFAULT_CONFIGURATION.keys()
    bench.run(*WITHOUT_SECRET, key=False)
    assert bench.connection.made == []


def test_another_role_is_replaced(bench: Bench) -> None:
    bench.run(*WITHOUT_SECRET, key=False)
    bench.execute(f"ALTER {USER} SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'arn:aws:iam::123456789012:role/other')")
    _, output = bench.run(*WITHOUT_SECRET, key=False)
    assert len(bench.connection.made) == 1
    assert "WORKLOAD_IDENTITY: arn:aws:iam::123456789012:role/other → " in output


def test_a_key_is_given_up_once_it_is_no_longer_needed(bench: Bench) -> None:
    bench.run()
    _, output = bench.run(*WITHOUT_SECRET, key=False)
    assert "--retire-other-key" in output
    assert "RSA_PUBLIC_KEY_FP" in bench.described(USER)
    bench.run(*WITHOUT_SECRET, "--retire-other-key", key=False)
    assert "RSA_PUBLIC_KEY_FP" not in bench.described(USER)


def test_the_identity_is_given_up_once_a_key_takes_its_place(bench: Bench) -> None:
    bench.run(*WITHOUT_SECRET, key=False)
    _, output = bench.run()
    assert "take the workload identity away" in output
    assert bench.execute(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR {USER}")
    _, output = bench.run("--retire-other-key")
    assert bench.connection.made == [f"ALTER {USER} UNSET WORKLOAD_IDENTITY"]
    assert "WORKLOAD_IDENTITY: aurora-snowflake-sync-snowflake-login → nothing" in output
    assert "RSA_PUBLIC_KEY_FP" in bench.described(USER)
    _, output = bench.run("--retire-other-key")
    assert bench.connection.made == []
    assert "--retire-other-key" not in output


def test_a_key_beside_it_is_refused(bench: Bench) -> None:
    code, output = bench.run(*WITHOUT_SECRET)
    assert code == 1
    assert "omit --key-file" in output
