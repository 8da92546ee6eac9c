"""What the account has beside databases: made, changed and granted on without effect, refused as Snowflake refuses."""

from __future__ import annotations

import pytest
from snowflake.connector.errors import ProgrammingError

from local.snowflake.state import State

INTEGRATION = (
    "CREATE STORAGE INTEGRATION IF NOT EXISTS \"I 1\" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
    "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r' STORAGE_ALLOWED_LOCATIONS = ('s3://b/', 's3://c/x/') "
    "COMMENT = 'it''s'"
)
MADE = [
    "CREATE ROLE IF NOT EXISTS R COMMENT = 'x'",
    "CREATE OR REPLACE USER U TYPE = SERVICE RSA_PUBLIC_KEY = 'MII' DEFAULT_ROLE = R DEFAULT_SECONDARY_ROLES = ('ALL')",
    "CREATE USER IF NOT EXISTS V TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'arn:aws:iam::1:role/r')",
    "CREATE WAREHOUSE IF NOT EXISTS W WITH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE",
    "CREATE WAREHOUSE X WAREHOUSE_SIZE = 'X-SMALL', AUTO_RESUME = TRUE, RESOURCE_MONITOR = NULL",
    "CREATE RESOURCE MONITOR IF NOT EXISTS M WITH CREDIT_QUOTA = 10 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY "
    "TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND ON 110 PERCENT DO SUSPEND_IMMEDIATE",
    INTEGRATION,
    "CREATE NOTIFICATION INTEGRATION N ENABLED = TRUE TYPE = QUEUE",
    "CREATE NETWORK RULE D.S.RULE TYPE = IPV4 VALUE_LIST = ('10.0.0.0/8') MODE = INGRESS",
    "CREATE NETWORK POLICY P ALLOWED_NETWORK_RULE_LIST = ('D.S.RULE') ALLOWED_IP_LIST = ()",
    "CREATE TABLE T (A NUMBER)",
    "CREATE STAGE G URL = 's3://b/'",
    "CREATE FILE FORMAT F TYPE = CSV",
    "CREATE TASK K AS SELECT 1",
]


@pytest.fixture(scope="module")
def account():
    """A session of an account of its own, with one of each."""
    session = State(lock_timeout_seconds=20).session(None, None)
    for statement in ("CREATE DATABASE D", "CREATE SCHEMA D.S", "USE SCHEMA D.S", *MADE):
        session.execute(statement)
    yield session
    session.close()


def refusal(session, statement):
    with pytest.raises(ProgrammingError) as raised:
        session.execute(statement)
    return raised.value.errno, str(raised.value.msg)


def test_what_is_there_is_not_made_twice(account):
    for statement in MADE[:10]:
        if "IF NOT EXISTS" in statement:
            assert "already exists, statement succeeded" in account.execute(statement).scalar()
        elif "OR REPLACE" in statement:
            account.execute(statement)
        else:
            assert refusal(account, statement)[0] == 2002


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER USER U SET RSA_PUBLIC_KEY_2 = 'x' DEFAULT_WAREHOUSE = W DEFAULT_SECONDARY_ROLES = ()",
        "ALTER USER U SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'x')",
        "ALTER USER U UNSET RSA_PUBLIC_KEY_2, COMMENT",
        "ALTER USER IF EXISTS NOBODY SET COMMENT = 'x'",
        "ALTER WAREHOUSE W SUSPEND",
        "USE WAREHOUSE W",
        "ALTER WAREHOUSE W RESUME IF SUSPENDED",
        "ALTER WAREHOUSE W SET WAREHOUSE_SIZE = MEDIUM GENERATION = '2' ENABLE_QUERY_ACCELERATION = FALSE "
        "STATEMENT_TIMEOUT_IN_SECONDS = 14400 STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 3600",
        "ALTER WAREHOUSE W SET RESOURCE_MONITOR = M",
        "ALTER RESOURCE MONITOR M SET CREDIT_QUOTA = 20",
        "ALTER SCHEMA D.S SET DATA_RETENTION_TIME_IN_DAYS = 0",
        "ALTER NETWORK POLICY P SET ALLOWED_IP_LIST = ('10.0.0.0/8', '1.2.3.4')",
        "GRANT ROLE R TO ROLE SYSADMIN",
        "GRANT ROLE R TO USER U",
        "GRANT USAGE ON DATABASE D TO ROLE R",
        "GRANT USAGE, CREATE TABLE, CREATE PIPE, CREATE TASK ON SCHEMA D.S TO ROLE R",
        "GRANT SELECT, INSERT ON TABLE D.S.T TO ROLE R WITH GRANT OPTION",
        "GRANT ALL PRIVILEGES ON TABLE T TO R",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA D.S TO ROLE R",
        "GRANT USAGE ON FUTURE FILE FORMATS IN DATABASE D TO ROLE R",
        "GRANT SELECT ON ALL VIEWS IN SCHEMA S TO ROLE R",
        "GRANT USAGE ON WAREHOUSE W TO ROLE R",
        'GRANT USAGE ON INTEGRATION "I 1" TO ROLE R',
        "GRANT USAGE ON STAGE D.S.G TO ROLE R",
        "GRANT USAGE ON FILE FORMAT F TO ROLE R",
        "GRANT MONITOR, OPERATE ON TASK K TO ROLE R",
        "GRANT EXECUTE TASK, EXECUTE MANAGED TASK ON ACCOUNT TO ROLE R",
        "GRANT OWNERSHIP ON TABLE T TO ROLE R COPY CURRENT GRANTS",
        "REVOKE ROLE R FROM USER U",
        "REVOKE GRANT OPTION FOR SELECT ON TABLE T FROM ROLE R CASCADE",
    ],
)
def test_what_snowflake_accepts_is_accepted(account, statement):
    assert account.execute(statement).scalar() == "Statement executed successfully."


@pytest.mark.parametrize(
    ("statement", "errno", "message"),
    [
        ("CREATE ROLE R2 COMENT = 'x'", 1420, "invalid property 'COMENT' for 'ROLE'"),
        ("CREATE ROLE SYSADMIN", 2002, "already exists"),
        ("CREATE USER U2 TYPE = ROBOT", 1008, "invalid value [ROBOT] for parameter 'TYPE'"),
        ("CREATE USER U2 TYPE = SERVICE PASSWORD = 'x'", 1008, "Cannot set PASSWORD"),
        ("CREATE USER U2 TYPE SERVICE", 1003, "unexpected 'SERVICE'"),
        ("CREATE WAREHOUSE W2 WAREHOUSE_SIZE = TINY", 1008, "invalid value [TINY]"),
        ("ALTER WAREHOUSE W SET GENERATION = '3'", 1008, "invalid value [3] for parameter 'GENERATION'"),
        ("ALTER WAREHOUSE W SET STATEMENT_TIMEOUT_IN_SECONDS = 604801", 1008, "invalid value [604801]"),
        ("ALTER WAREHOUSE W SET ENABLE_QUERY_ACCELERATION = 2", 1008, "invalid value [2]"),
        ("ALTER WAREHOUSE W SET RESOURCE_MONITOR = NOPE", 2003, "Resource monitor 'NOPE' does not exist"),
        ("CREATE RESOURCE MONITOR M2 WITH FREQUENCY = MONTHLY", 90238, "FREQUENCY and START_TIMESTAMP"),
        ("CREATE RESOURCE MONITOR M2 WITH CREDIT_QUOTA = x", 1008, "invalid value [X]"),
        ("CREATE RESOURCE MONITOR M2 WITH CREDIT_QUOTA = 1 TRIGGERS ON 80 PERCENT DO STOP", 1003, "unexpected 'STOP'"),
        ("ALTER SCHEMA D.S SET DATA_RETENTION_TIME_IN_DAYS = 91", 1008, "invalid value [91]"),
        ("ALTER SCHEMA D.NOPE SET DATA_RETENTION_TIME_IN_DAYS = 1", 2003, "Schema 'D.NOPE' does not exist"),
        (
            "CREATE STORAGE INTEGRATION I2 TYPE = EXTERNAL_STAGE ENABLED = TRUE",
            2029,
            "STORAGE_PROVIDER, STORAGE_AWS_ROLE",
        ),
        ("CREATE NETWORK RULE N2 TYPE = IPV4 VALUE_LIST = ('x')", 2029, "Missing option(s): [MODE]"),
        ("CREATE NETWORK POLICY P2 ALLOWED_IP_LIST = ('1.2.3.4' '5.6.7.8')", 1003, "unexpected"),
        ("ALTER ROLE NOBODY SET COMMENT = 'x'", 2003, "Role 'NOBODY' does not exist or not authorized"),
        ("ALTER USER U RESUME", 1003, "unexpected 'RESUME'"),
        ("ALTER USER U SET NETWORK_POLICY = NOPE", 2003, "Network policy 'NOPE' does not exist"),
        ("USE WAREHOUSE NOPE", 2043, "Object does not exist, or operation cannot be performed"),
        ("DROP WAREHOUSE NOPE", 2003, "Warehouse 'NOPE' does not exist"),
        ("DESC INTEGRATION NOPE", 2003, "Integration 'NOPE' does not exist"),
        ("GRANT SELCT ON TABLE T TO ROLE R", 1003, "unexpected 'SELCT'"),
        ("GRANT SELECT ON TABEL T TO ROLE R", 1003, "unexpected 'TABEL'"),
        ("GRANT SELECT ON FUTURE TABLE IN SCHEMA S TO ROLE R", 1003, "unexpected 'TABLE'"),
        ("GRANT SELECT ON TABLE T ROLE R", 1003, "unexpected 'ROLE'"),
        ("GRANT SELECT ON TABLE T TO ROLE NOBODY", 2003, "Role 'NOBODY' does not exist"),
        ("GRANT ROLE NOBODY TO ROLE R", 2003, "Role 'NOBODY' does not exist"),
        ("GRANT SELECT ON TABLE NOPE TO ROLE R", 2003, "Table 'NOPE' does not exist"),
        ("GRANT USAGE ON SCHEMA D.NOPE TO ROLE R", 2003, "Schema 'D.NOPE' does not exist"),
        ("GRANT USAGE ON DATABASE NOPE TO ROLE R", 2003, "Database 'NOPE' does not exist"),
        ("GRANT USAGE ON STAGE NOPE TO ROLE R", 2003, "Stage 'NOPE' does not exist"),
        ("GRANT OPERATE ON PIPE NOPE TO ROLE R", 2003, "Pipe 'NOPE' does not exist"),
        ("GRANT USAGE ON WAREHOUSE NOPE TO ROLE R", 2003, "Warehouse 'NOPE' does not exist"),
    ],
)
def test_what_snowflake_refuses_is_refused(account, statement, errno, message):
    found, text = refusal(account, statement)
    assert found == errno, text
    assert message in text


def test_an_integration_says_what_the_bucket_must_trust(account):
    for statement in ('DESC STORAGE INTEGRATION "I 1"', 'DESCRIBE INTEGRATION "I 1"'):
        described = {row["property"]: row for row in account.execute(statement).table.to_pylist()}
        values = {name: row["property_value"] for name, row in described.items()}
        assert values["STORAGE_AWS_IAM_USER_ARN"].startswith("arn:aws:iam::")
        assert "_SFCRole=" in values["STORAGE_AWS_EXTERNAL_ID"]
        assert values["STORAGE_ALLOWED_LOCATIONS"] == "s3://b/,s3://c/x/"
        assert (values["ENABLED"], values["STORAGE_AWS_ROLE_ARN"]) == ("true", "arn:aws:iam::1:role/r")
        assert {row["property_type"] for row in described.values()} == {"Boolean", "String", "List"}


def test_what_a_warehouse_may_cost_is_shown(account):
    account.execute("CREATE OR REPLACE WAREHOUSE L WAREHOUSE_SIZE = XXLARGE STATEMENT_TIMEOUT_IN_SECONDS = 60")
    account.execute("ALTER WAREHOUSE L SET RESOURCE_MONITOR = M")
    (row,) = account.execute("SHOW WAREHOUSES LIKE 'L'").table.to_pylist()
    shown = (row["size"], row["generation"], row["enable_query_acceleration"], row["resource_monitor"])
    assert shown == ("2X-Large", "2", "false", "M")
    for name, value in (("STATEMENT_TIMEOUT_IN_SECONDS", "60"), ("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0")):
        (parameter,) = account.execute(f"SHOW PARAMETERS LIKE '{name}' IN WAREHOUSE L").table.to_pylist()
        assert parameter["value"] == value
    assert [row["name"] for row in account.execute("SHOW RESOURCE MONITORS").table.to_pylist()] == ["M"]


def test_an_external_id_stays_and_can_be_given(account):
    def external_id(name):
        described = account.execute(f'DESC INTEGRATION "{name}"').table.to_pylist()
        return next(row["property_value"] for row in described if row["property"] == "STORAGE_AWS_EXTERNAL_ID")

    first = external_id("I 1")
    account.execute("ALTER STORAGE INTEGRATION \"I 1\" SET STORAGE_ALLOWED_LOCATIONS = ('s3://b/', 's3://c/x/')")
    account.execute(INTEGRATION.replace("I 1", "I 2"))
    account.execute(INTEGRATION.replace("I 1", "I 3") + " STORAGE_AWS_EXTERNAL_ID = 'mine'")
    assert external_id("I 1") == first
    assert len({first, external_id("I 2"), external_id("I 3")}) == 3
    assert external_id("I 3") == "mine"


def test_a_network_policy_in_use_is_not_dropped(account):
    account.execute("CREATE NETWORK POLICY \"used\" ALLOWED_IP_LIST = ('10.0.0.0/8')")
    account.execute("CREATE USER GUARDED TYPE = SERVICE")
    account.execute('ALTER USER GUARDED SET NETWORK_POLICY = "used"')
    assert "attached to USER" in refusal(account, 'DROP NETWORK POLICY "used"')[1]
    account.execute("ALTER USER GUARDED UNSET NETWORK_POLICY")
    account.execute('DROP NETWORK POLICY "used"')
    account.execute('DROP NETWORK POLICY IF EXISTS "used"')
    account.execute("DROP USER GUARDED")


def test_keys_are_recorded_but_not_enforced(session):
    session.execute("CREATE TABLE T (A NUMBER PRIMARY KEY, B VARCHAR UNIQUE, C NUMBER, CONSTRAINT K UNIQUE (C))")
    session.execute("INSERT INTO T VALUES (1, 'x', 1), (1, 'x', 1)")
    assert session.execute("SELECT COUNT(*) FROM T").scalar() == 2
    with pytest.raises(ProgrammingError, match="non-nullable"):
        session.execute("INSERT INTO T (B) VALUES ('y')")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER SESSION SET QUERY_TAG = 'x', TIMEZONE = 'UTC'",
        "ALTER SESSION UNSET QUERY_TAG",
        "USE ROLE SYSADMIN",
    ],
)
def test_statements_about_the_session_succeed(session, statement):
    assert session.execute(statement).scalar() == "Statement executed successfully."


def test_a_dropped_database_takes_its_objects_along(session):
    session.execute("CREATE TASK X AS SELECT 1")
    session.execute("CREATE STAGE G URL = 's3://b/'")
    session.execute("DROP DATABASE D")
    session.execute("DROP DATABASE IF EXISTS D")
    assert session.execute("SHOW TASKS IN ACCOUNT").table.num_rows == 0
    session.execute("CREATE DATABASE D")
    session.execute("CREATE SCHEMA D.S")
    assert session.execute("CREATE STAGE D.S.G URL = 's3://c/'").scalar() == "Stage area G successfully created."
