"""Without a secret: the service user is the functions' role."""

import json
import shlex

from snowflake.connector.connection import DEFAULT_CONFIGURATION

from infra.settings.settings import Settings
from infra.settings.staging_names import login_role_arn
from tests.servers.infra.snowflake.bootstrapping import USER, Bench

WITHOUT_SECRET = ("-c", "snowflake_login=workload_identity")


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
