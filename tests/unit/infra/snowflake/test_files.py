"""The files: complete, readable by the command line, and made of the statements that the functions run."""

import io
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from snowflake.connector.util_text import split_statements
from typer.testing import CliRunner

from functions.shared.contract import types as type_contract
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import bootstrap_statements, merge_statement, table_statements
from infra.snowflake.account import AccountError, SnowflakeAccount
from infra.snowflake.examples import EXAMPLES
from infra.snowflake.public_key import read_public_key
from infra.snowflake.sql_files import app, files
from infra.snowflake.statements import account_statements, grant_statements, tear_down_statements
from tests.support.gate import COMMENT
from tests.support.rendered import KEY, ROLE_ARN, WORKLOAD

BARE = SnowflakeAccount.of(database="AURORA")


def pem(folder: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Path:
    path = folder / "key.pub"
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, public))
    return path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def test_the_files_are_written_for_the_settings_of_the_deployment(tmp_path: Path) -> None:
    code, message = run(str(tmp_path), "-c", "snowflake_database=SALES")
    assert code == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.sql")) == [
        "01-account.sql",
        "02-database.sql",
        "03-grants.sql",
        "04-queue.sql",
        "example-tables/10-example_orders-objects.sql",
        "example-tables/11-example_orders-merge.sql",
        "example-tables/12-example_orders-compare.sql",
        "example-tables/13-example_orders-replay.sql",
        "example-tables/14-example_orders-evolve.sql",
        "example-tables/20-example_events-objects.sql",
        "example-tables/21-example_events-merge.sql",
        "example-tables/22-example_events-compare.sql",
        "example-tables/23-example_events-replay.sql",
        "example-tables/24-example_events-evolve.sql",
        "tear-down/99-tear-down.sql",
    ]
    assert 'CREATE DATABASE IF NOT EXISTS "SALES"' in (tmp_path / "02-database.sql").read_text()
    assert "<bucket>" in message


def test_a_second_time_writes_the_same(tmp_path: Path) -> None:
    run(str(tmp_path))
    first = {path: path.read_text() for path in tmp_path.rglob("*.sql")}
    run(str(tmp_path))
    assert {path: path.read_text() for path in tmp_path.rglob("*.sql")} == first


def test_with_every_value_given_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    key = pem(tmp_path, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    given = ["--bucket", "exports", "--storage-role-arn", ROLE_ARN, "--storage-external-id", "id"]
    code, message = run(str(tmp_path), *given, "--public-key-file", str(key), "--allow-cidr", "203.0.113.0/24")
    assert (code, message.count("\n")) == (0, 1)
    text = "".join(path.read_text() for path in tmp_path.rglob("*.sql"))
    assert "To fill in" not in text
    assert "".join(key.read_text().splitlines()[1:-1]) in text
    assert "ALLOWED_IP_LIST = ('203.0.113.0/24')" in text


def test_a_placeholder_is_named_where_it_stands() -> None:
    heads = {file.path: file.text(BARE).split("\n\n")[0] for file in files(BARE)}
    assert (
        "-- To fill in first: <bucket>, <ARN of the role that reads the bucket>, <public key>"
        in heads["01-account.sql"]
    )
    assert "-- To fill in first: <bucket>" in heads["02-database.sql"]
    assert "To fill in" not in heads["03-grants.sql"]
    assert WORKLOAD.open_points == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["-c", "snowflake_database=A B"], "snowflake_database"),
        (["-c", "snowflake_databas=A"], "snowflake_databas "),
        (["-c", "snowflake_database=A$$B"], "database"),
        (["--bucket", "Exports"], "bucket"),
        (["--public-key-file", "absent.pub"], "absent.pub"),
        (["--public-key-file", "a", "--workload-identity-arn", ROLE_ARN], "not allowed with"),
    ],
)
def test_a_wrong_argument_ends_with_one_sentence_and_no_file(tmp_path: Path, arguments, named) -> None:
    code, message = run(str(tmp_path / "out"), *arguments)
    assert code == 2
    assert named in message.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_only_an_rsa_key_that_snowflake_takes_is_taken(tmp_path: Path) -> None:
    for key in (
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 -- it is refused,
    ):
        with pytest.raises(AccountError, match="no RSA public key of 2048 bits"):
            read_public_key(pem(tmp_path, key))
    (tmp_path / "key.pub").write_text("not a key")
    with pytest.raises(AccountError, match="no RSA public key"):
        read_public_key(tmp_path / "key.pub")


@pytest.mark.parametrize("account", [BARE, KEY, WORKLOAD])
def test_the_command_line_splits_a_file_into_its_statements(account: SnowflakeAccount) -> None:
    for file in files(account):
        parts = [text for text, _ in split_statements(io.StringIO(file.text(account)), remove_comments=True) if text]
        assert len(parts) == len(file.statements)
        for part, statement in zip(parts, file.statements, strict=True):
            assert part.rstrip(";").split() == re.sub(COMMENT, "", statement).split()


def test_the_command_line_finds_no_template_in_a_file() -> None:
    for file in files(KEY):
        assert not re.search(r"&\w|&\{|<%|^!", file.text(KEY), re.MULTILINE)


def test_the_statements_are_those_of_the_functions() -> None:
    by_path = {file.path: list(file.statements) for file in files(KEY)}
    assert by_path["02-database.sql"][1:] == bootstrap_statements("AURORA", "staging-bucket")
    for number, example in enumerate(EXAMPLES.values(), 1):
        objects = TableObjects("AURORA", example.source)
        name = f"example-tables/{number}{{}}-{example.source.name}-{{}}.sql"
        assert by_path[name.format(0, "objects")][2:] == table_statements(objects, example.rules)
        assert by_path[name.format(1, "merge")][2:] == [merge_statement(objects, example.rules, "batch")]


def test_the_examples_have_every_type_that_the_contract_knows() -> None:
    contract = {rule.target for rule in type_contract._RULES.values()}
    shown = {column.target_type for example in EXAMPLES.values() for column in example.rules.columns}
    assert contract <= shown
    assert "NUMBER(12,2)" in shown
    assert [bool(example.rules.key) for example in EXAMPLES.values()] == [True, False]
    for example in EXAMPLES.values():
        assert len(example.row) == len(example.rules.columns)


def test_every_statement_may_be_run_again() -> None:
    """What is made is made if it is not there yet, or holds no rows and is made anew."""
    for account in (KEY, WORKLOAD):
        for statement in (one for file in files(account) for one in file.statements):
            bare = re.sub(COMMENT, "", statement).strip()
            if bare.startswith(("CREATE", "DROP")):
                assert re.match(r"\w+ [A-Z ]+? IF (NOT )?EXISTS |CREATE OR REPLACE (VIEW|TASK) ", bare), bare
            else:
                assert bare.startswith(("USE ", "GRANT ", "ALTER ", "DESCRIBE ", "EXECUTE IMMEDIATE", "WITH "))


def test_the_tear_down_drops_what_the_other_files_make() -> None:
    made = [*account_statements(KEY), *bootstrap_statements("AURORA", "b"), *grant_statements(KEY)]
    kind = r"(ROLE|USER|WAREHOUSE|STORAGE INTEGRATION|NETWORK POLICY|DATABASE) IF (?:NOT )?EXISTS (\S+)"
    created = set(re.findall(rf"CREATE {kind}", "\n".join(made)))
    assert len(created) == 7
    assert set(re.findall(rf"DROP {kind}", "\n".join(tear_down_statements(KEY)))) == created


def test_the_tear_down_is_not_beside_the_files_that_are_run_in_turn() -> None:
    assert [file.path for file in files(KEY) if "/" not in file.path] == [
        "01-account.sql",
        "02-database.sql",
        "03-grants.sql",
        "04-queue.sql",
    ]


def test_the_stage_uses_the_integration_that_is_made() -> None:
    stage = next(one for one in bootstrap_statements('odd"db', "b") if "CREATE STAGE" in one)
    (name,) = re.findall(r"STORAGE_INTEGRATION = (.*)", stage)
    odd = account_statements(KEY.model_copy(update={"database": 'odd"db'}))
    assert any(f"CREATE STORAGE INTEGRATION IF NOT EXISTS {name}\n" in one for one in odd)
