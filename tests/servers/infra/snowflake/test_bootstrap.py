"""One command makes what a deployment needs in Snowflake, again changes nothing, and mends exactly what differs."""

import pytest

from infra.settings.settings import Settings
from infra.settings.staging_names import read_role_arn, staging_bucket
from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.statements import (
    tear_down_statements,
)
from tests.servers.infra.snowflake.bootstrapping import QUEUE, USER, Bench
from tests.support.synthesis import synthesize_stack

INTEGRATION = 'INTEGRATION "AURORA_EXPORTS"'


def test_the_first_run_makes_everything_and_completes_the_settings(bench: Bench) -> None:
    code, output = bench.run()
    assert code == 0, output
    settings = Settings.from_context(bench.context)
    integration = bench.described(INTEGRATION)
    assert integration["STORAGE_ALLOWED_LOCATIONS"] == f"s3://{staging_bucket(settings)}/"
    assert integration["STORAGE_AWS_ROLE_ARN"] == read_role_arn(settings)
    assert settings.snowflake_iam_user_arn == integration["STORAGE_AWS_IAM_USER_ARN"]
    assert settings.snowflake_external_id == integration["STORAGE_AWS_EXTERNAL_ID"]
    assert settings.snowpipe_queue_arn == QUEUE
    assert bench.described(USER)["RSA_PUBLIC_KEY_FP"].startswith("SHA256:")
    assert "does not show" not in output
    for step in (
        "vault kv put -mount=secret aurora-snowflake-sync/snowflake account=myorg-myaccount",
        "infra.package.cdk_cli deploy",
    ):
        assert step in output


def test_the_stack_is_then_deployed_once(bench: Bench) -> None:
    """Role, bucket and notification are those that Snowflake was told of, and that it told of."""
    bench.run()
    changed = {key: value for key, value in bench.context.items() if "snowflake" in key or "aurora" in key}
    stack = synthesize_stack(**changed, snowpipe_queue_arn=bench.context["snowpipe_queue_arn"])
    [bucket] = [one for one in stack.of_type("AWS::S3::Bucket") if "NotificationConfiguration" in one]
    assert f"s3://{bucket['BucketName']}/" == bench.described(INTEGRATION)["STORAGE_ALLOWED_LOCATIONS"]
    [role] = [one for one in stack.of_type("AWS::IAM::Role") if one.get("RoleName", "").endswith("-snowflake-read")]
    assert bench.described(INTEGRATION)["STORAGE_AWS_ROLE_ARN"].endswith(f":role/{role['RoleName']}")
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"]["AWS"] == bench.described(INTEGRATION)["STORAGE_AWS_IAM_USER_ARN"]


def test_a_second_run_executes_nothing_and_says_so(bench: Bench) -> None:
    bench.run()
    settings, key = bench.settings_file.read_bytes(), bench.key_file.read_bytes()
    code, output = bench.run()
    assert (code, bench.connection.made) == (0, [])
    assert (bench.settings_file.read_bytes(), bench.key_file.read_bytes()) == (settings, key)
    assert "Nothing changed." in output
    assert "Nothing is left to do." in output
    assert "vault" not in output
    assert bench.run(key=False)[0] == 0
    assert bench.connection.made == []


def test_tables_that_were_made_since_change_nothing(bench: Bench) -> None:
    bench.run()
    bench.execute('CREATE TABLE "AURORA"."FINAL"."ORDERS" (A NUMBER)')
    bench.run()
    assert bench.connection.made == []


@pytest.mark.parametrize(
    ("damage", "mended", "told"),
    [
        (
            "ALTER STORAGE INTEGRATION \"AURORA_EXPORTS\" SET STORAGE_ALLOWED_LOCATIONS = ('s3://other/')",
            "ALTER STORAGE INTEGRATION",
            "STORAGE_ALLOWED_LOCATIONS: s3://other/ → s3://aurora-snowflake-sync-",
        ),
        (
            "ALTER STORAGE INTEGRATION \"AURORA_EXPORTS\" SET STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r'",
            "ALTER STORAGE INTEGRATION",
            "STORAGE_AWS_ROLE_ARN: arn:aws:iam::1:role/r → ",
        ),
        ('ALTER USER "AURORA_SYNC" SET DEFAULT_ROLE = PUBLIC', "ALTER USER", "DEFAULT_ROLE: PUBLIC → AURORA_SYNC"),
        ("ALTER USER \"AURORA_SYNC\" SET DEFAULT_SECONDARY_ROLES = ('ALL')", "ALTER USER", "ALL → nothing"),
        ('DROP WAREHOUSE "AURORA_SYNC"', "CREATE WAREHOUSE", "made"),
        (
            'ALTER WAREHOUSE "AURORA_SYNC" SET WAREHOUSE_SIZE = X4LARGE',
            "ALTER WAREHOUSE",
            "WAREHOUSE_SIZE: X4LARGE → XSMALL",
        ),
        (
            'ALTER WAREHOUSE "AURORA_SYNC" SET ENABLE_QUERY_ACCELERATION = TRUE',
            "ALTER WAREHOUSE",
            "ENABLE_QUERY_ACCELERATION: TRUE → FALSE",
        ),
        (
            'ALTER WAREHOUSE "AURORA_SYNC" SET STATEMENT_TIMEOUT_IN_SECONDS = 7',
            "ALTER WAREHOUSE",
            "STATEMENT_TIMEOUT_IN_SECONDS: 7 → 14400",
        ),
        (
            'ALTER WAREHOUSE "AURORA_SYNC" SET RESOURCE_MONITOR = NULL',
            "ALTER WAREHOUSE",
            "RESOURCE_MONITOR: AURORA_SYNC",
        ),
        (
            'ALTER RESOURCE MONITOR "AURORA_SYNC" SET CREDIT_QUOTA = 1',
            "ALTER RESOURCE MONITOR",
            "CREDIT_QUOTA: 1 → 1000",
        ),
        (
            'ALTER SCHEMA "AURORA"."FINAL" SET DATA_RETENTION_TIME_IN_DAYS = 30',
            "ALTER SCHEMA",
            "DATA_RETENTION_TIME_IN_DAYS: 30 → 1",
        ),
        (
            'REVOKE INSERT ON TABLE "AURORA"."CONTROL"."LEDGER" FROM ROLE "AURORA_SYNC"',
            "GRANT SELECT, INSERT, DELETE ON TABLE",
            "INSERT on table AURORA.CONTROL.LEDGER",
        ),
        (
            'ALTER TABLE "AURORA"."CONTROL"."LEDGER" DROP COLUMN "FINAL_ROWS"',
            'ALTER TABLE "AURORA"."CONTROL"."LEDGER" ADD COLUMN',
            "column FINAL_ROWS",
        ),
        (
            'REVOKE SELECT ON FUTURE TABLES IN SCHEMA "AURORA"."FINAL" FROM ROLE "AURORA_READER"',
            "GRANT SELECT ON FUTURE",
            "SELECT on future tables in AURORA.FINAL",
        ),
        ('REVOKE ROLE "AURORA_SYNC" FROM USER "AURORA_SYNC"', "GRANT ROLE", "granted to user AURORA_SYNC"),
    ],
)
def test_what_was_changed_is_mended_and_nothing_else(bench: Bench, damage: str, mended: str, told: str) -> None:
    bench.run()
    bench.execute(damage)
    _, output = bench.run()
    first, *others = bench.connection.made
    assert first.startswith(mended)
    # A warehouse made anew has lost its limits and its grant.
    assert [one.split("\n")[0] for one in others] == (
        [
            'ALTER WAREHOUSE "AURORA_SYNC" SET',
            'GRANT USAGE ON WAREHOUSE "AURORA_SYNC" TO ROLE "AURORA_SYNC"',
            'ALTER WAREHOUSE "AURORA_SYNC" SET RESOURCE_MONITOR = "AURORA_SYNC"',
        ]
        if damage.startswith("DROP WAREHOUSE")
        else []
    )
    assert told in output
    bench.run()
    assert bench.connection.made == []


def test_what_computes_and_what_it_may_cost_follow_their_settings(bench: Bench) -> None:
    bench.run()
    bench.execute('CREATE WAREHOUSE "MERGE_BIG"')
    changed = {
        "snowflake_warehouse_size": "XXLARGE",
        "snowflake_warehouse_generation": "1",
        "statement_timeout_seconds": "600",
        "statement_queued_timeout_seconds": "60",
        "snowflake_monthly_credits": "50",
        "final_retention_days": "0",
        "snowflake_merge_warehouses": "MERGE_BIG",
    }
    options = [part for key, value in changed.items() for part in ("-c", f"{key}={value}")]
    code, output = bench.run(*options)
    assert code == 0, output
    assert [one.split("\n")[0] for one in bench.connection.made] == [
        'ALTER WAREHOUSE "AURORA_SYNC" SET',
        'GRANT USAGE ON WAREHOUSE "MERGE_BIG" TO ROLE "AURORA_SYNC"',
        'ALTER RESOURCE MONITOR "AURORA_SYNC" SET CREDIT_QUOTA = 50',
        'ALTER SCHEMA "AURORA"."FINAL" SET DATA_RETENTION_TIME_IN_DAYS = 0',
    ]
    for told in ("WAREHOUSE_SIZE: XSMALL → XXLARGE", "GENERATION: 2 → 1", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS: 3600"):
        assert told in output
    bench.run(*options)
    assert bench.connection.made == []


def test_without_a_quota_there_is_no_monitor(bench: Bench) -> None:
    bench.run("-c", "snowflake_monthly_credits=0")
    assert not [one for one in bench.connection.made if "MONITOR" in one]
    assert bench.execute("SHOW RESOURCE MONITORS") == []


def test_a_network_policy_follows_its_setting(bench: Bench) -> None:
    bench.run()
    bench.run("-c", "snowflake_allowed_cidrs=203.0.113.7/32,198.51.100.0/24")
    assert [one.split()[:3] for one in bench.connection.made] == [
        ["CREATE", "NETWORK", "POLICY"],
        ["ALTER", "USER", '"AURORA_SYNC"'],
    ]
    assert bench.described('NETWORK POLICY "AURORA_SYNC"')["ALLOWED_IP_LIST"] == "203.0.113.7/32,198.51.100.0/24"
    bench.run("-c", "snowflake_allowed_cidrs=198.51.100.0/24,203.0.113.7/32")
    assert bench.connection.made == []
    bench.run("-c", "snowflake_allowed_cidrs=203.0.113.7/32")
    assert len(bench.connection.made) == 1


def test_an_emptied_setting_takes_the_network_policy_off_the_user_and_drops_nothing(bench: Bench) -> None:
    bench.run("-c", "snowflake_allowed_cidrs=203.0.113.7/32")
    unset = 'ALTER USER "AURORA_SYNC" UNSET NETWORK_POLICY'
    _, output = bench.run("--dry-run")
    assert unset in output
    assert bench.connection.made == []
    _, output = bench.run()
    assert bench.connection.made == [unset]
    assert "NETWORK_POLICY: AURORA_SYNC → nothing" in output
    assert bench.described('NETWORK POLICY "AURORA_SYNC"')["ALLOWED_IP_LIST"] == "203.0.113.7/32"
    bench.run()
    assert bench.connection.made == []


def test_a_network_policy_that_someone_else_gave_the_user_stays(bench: Bench) -> None:
    bench.run()
    bench.execute("CREATE NETWORK POLICY COMPANY ALLOWED_IP_LIST = ('203.0.113.0/24')")
    bench.execute(f"ALTER {USER} SET NETWORK_POLICY = COMPANY")
    bench.run()
    assert bench.connection.made == []


def test_a_dry_run_shows_what_is_left_and_changes_nothing(bench: Bench) -> None:
    before = bench.settings_file.read_bytes()
    bench.key_file.unlink()
    code, output = bench.run("--dry-run")
    assert code == 0, output
    assert 'CREATE STORAGE INTEGRATION IF NOT EXISTS "AURORA_EXPORTS"' in output
    assert bench.connection.made == []
    assert not bench.key_file.exists()
    assert bench.settings_file.read_bytes() == before
    bench.run()
    bench.execute('DROP WAREHOUSE "AURORA_SYNC"')
    _, output = bench.run("--dry-run")
    assert "CREATE WAREHOUSE" in output
    assert "INTEGRATION IF NOT EXISTS" not in output
    assert bench.connection.made == []


def test_only_the_settings_that_snowflake_knows_are_written(bench: Bench) -> None:
    before = bench.settings_file.read_text().splitlines()
    bench.run("--no-write")
    assert bench.settings_file.read_text().splitlines() == before
    bench.run("-c", "log_level=DEBUG")
    after = bench.settings_file.read_text().splitlines()
    changed = [line.split('"')[1] for line, was in zip(after, before, strict=True) if line != was]
    assert changed == ["snowpipe_queue_arn", "snowflake_iam_user_arn", "snowflake_external_id"]


def test_an_integration_made_anew_keeps_its_external_id(bench: Bench) -> None:
    """The role that trusts it need not be deployed again."""
    bench.run(
        "-c", "snowflake_external_id=MINE=1", "-c", "snowflake_iam_user_arn=arn:aws:iam::123456789001:user/laptop"
    )
    assert bench.described(INTEGRATION)["STORAGE_AWS_EXTERNAL_ID"] == "MINE=1"


def test_the_tear_down_leaves_nothing_that_the_next_run_would_find(bench: Bench) -> None:
    bench.run()
    made = len(bench.connection.made)
    account = SnowflakeAccount.of_deployment(Settings.from_context(bench.context))
    for statement in tear_down_statements(account):
        bench.execute(statement)
    code, output = bench.run()
    assert code == 0, output
    assert len(bench.connection.made) == made
