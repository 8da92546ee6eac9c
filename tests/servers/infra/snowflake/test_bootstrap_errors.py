"""What keeps a bootstrap from going on is one sentence that says what to do."""

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError, Error, ProgrammingError

from infra.snowflake.bootstrap.connection import connected
from infra.snowflake.bootstrap.errors import BootstrapError
from tests.servers.infra.snowflake.bootstrapping import Bench, Connection


def sentence(output: str) -> str:
    """The last line."""
    return output.strip().splitlines()[-1]


def test_without_a_cluster_nothing_says_where_the_bucket_will_be(bench: Bench) -> None:
    code, output = bench.run("-c", "aurora_cluster_arn=")
    assert code == 1
    assert sentence(output).startswith("Context key aurora_cluster_arn is empty")
    assert bench.connection.executed == []


def test_a_user_without_a_key_needs_one(bench: Bench) -> None:
    code, output = bench.run(key=False)
    assert code == 1
    assert "give --key-file" in sentence(output)
    assert bench.connection.made == []


def test_a_third_key_is_refused(bench: Bench) -> None:
    for _ in range(2):
        bench.run()
        bench.key_file.unlink()
    code, output = bench.run()
    assert code == 1
    assert "--retire-other-key" in sentence(output)
    assert bench.connection.made == []


def test_a_key_that_others_can_read_is_refused(bench: Bench) -> None:
    bench.run()
    bench.key_file.chmod(0o640)
    code, output = bench.run()
    assert code == 1
    assert "chmod 600" in sentence(output)


def test_a_file_that_is_no_key_is_refused(bench: Bench) -> None:
    bench.key_file.write_text("not a key")
    code, output = bench.run()
    assert code == 1
    assert "no unencrypted RSA private key of 2048 bits" in sentence(output)
    assert bench.connection.made == []


def test_a_refused_statement_is_named_after_what_was_done(bench: Bench) -> None:
    bench.connection.refusals["CREATE WAREHOUSE"] = ProgrammingError("Insufficient privileges to operate on account.")
    code, output = bench.run()
    assert code == 1
    assert "CREATE WAREHOUSE" in sentence(output)
    assert "to role SYSADMIN: " in sentence(output)
    assert "run this again" in sentence(output)
    assert any("AURORA_READER" in line and "made" in line for line in output.splitlines())


def test_the_stage_of_another_bucket_is_not_touched(bench: Bench) -> None:
    bench.run()
    code, output = bench.run("-c", "stack_name=another")
    assert code == 1
    assert "set another snowflake_database" in sentence(output)


def test_a_misspelt_setting_is_named(bench: Bench) -> None:
    code, output = bench.run("-c", "snowflake_databse=A")
    assert code == 1
    assert "snowflake_databse" in sentence(output)


def refusing(error: Error) -> object:
    def connect(**_: object) -> Connection:
        raise error

    return connect


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Error("Invalid connection_name 'admin', known ones are ['dev']"), "no connection admin: "),
        (DatabaseError("Incorrect username or password was specified."), "Connection admin was refused: "),
    ],
)
def test_a_connection_that_is_unknown_or_refused_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, error: Error, told: str
) -> None:
    monkeypatch.setattr(snowflake.connector, "connect", refusing(error))
    with pytest.raises(BootstrapError, match=told), connected("admin"):
        pass


def test_a_user_who_is_no_administrator_is_told_which_role_it_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = ProgrammingError("Requested role 'ACCOUNTADMIN' is not assigned to the executing user.")

    class Login(Connection):
        user, account = "DEVELOPER", "myorg-myaccount"

        def __enter__(self) -> "Login":
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

    login = Login(bench.connection.session, refusals={"USE ROLE": refusal})
    monkeypatch.setattr(snowflake.connector, "connect", lambda **_: login)
    told = "User DEVELOPER of connection admin may not use role ACCOUNTADMIN"
    with pytest.raises(BootstrapError, match=told), connected("admin"):
        pass
    assert login.made == []
