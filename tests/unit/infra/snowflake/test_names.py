"""No name leaves its quotes, whatever it holds."""

import io
import re

import pytest
import sqlglot
from snowflake.connector.util_text import split_statements
from sqlglot import TokenType, exp

from infra.snowflake.account import AccountError, SnowflakeAccount
from infra.snowflake.sql_files import files
from infra.snowflake.statements import account_statements, database_statements, tear_down_statements
from tests.support.hostile import HOSTILE, NAMES, RENDERERS, TEXTS, kinds, with_value
from tests.support.rendered import KEY, ROLE_ARN, WORKLOAD


@pytest.mark.parametrize("account", [KEY, WORKLOAD], ids=["key pair", "workload identity"])
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_changes_no_token_but_its_own(account: SnowflakeAccount, value: str) -> None:
    odd = with_value(with_value(account, NAMES, value), TEXTS, value)
    for render in RENDERERS:
        for usual, other in zip(render(account), render(odd), strict=True):
            assert kinds(usual) == kinds(other)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_name_is_the_name_that_is_made(value: str) -> None:
    odd = with_value(KEY, NAMES, value)
    create = next(one for one in database_statements(odd) if "CREATE DATABASE" in one)
    parsed = sqlglot.parse_one(create, dialect="snowflake")
    assert parsed.find(exp.Table).name == value
    assert f'"{value.replace(chr(34), chr(34) * 2)}_EXPORTS"' in "".join(account_statements(odd))


@pytest.mark.parametrize("value", ['we"ird; drop', '"; DROP DATABASE X; --', "back\\slash"])
def test_the_command_line_splits_a_file_with_hostile_names_where_statements_end(value: str) -> None:
    odd = with_value(KEY, NAMES, value)
    for file in files(odd):
        parts = [text for text, _ in split_statements(io.StringIO(file.text(odd)), remove_comments=True) if text]
        assert len(parts) == len(file.statements)


def test_an_unquoted_name_would_be_seen() -> None:
    (drop,) = [one for one in tear_down_statements(with_value(KEY, NAMES, HOSTILE[1])) if one.startswith("DROP DATA")]
    assert kinds(drop).count(TokenType.DROP) == 1
    assert kinds(drop.replace('""', '"')).count(TokenType.DROP) == 2


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("value", ["a$$b", "two\nlines", "x;\nDROP DATABASE Y", "", "x" * 256])
def test_a_name_that_quotes_cannot_hold_is_refused(field: str, value: str) -> None:
    with pytest.raises(AccountError, match=f"^{field} is .* must be a name of up to 255 characters"):
        SnowflakeAccount.of(**{"database": "AURORA", field: value})


@pytest.mark.parametrize("field", ["database", "role", "warehouse"])
@pytest.mark.parametrize("value", ["sales_sync", "Sales", "SALES SYNC", "1SALES"])
def test_a_name_that_a_login_would_read_otherwise_is_refused(field: str, value: str) -> None:
    with pytest.raises(AccountError, match=f"^{field} is '{value}', but must be .* upper-case .* as Snowflake's login"):
        SnowflakeAccount.of(**{"database": "AURORA", field: value})


def test_the_user_and_the_readers_role_may_have_any_name() -> None:
    chosen = SnowflakeAccount.of(database="AURORA", user="svc-aurora sync", reader_role="Analysts")
    assert (chosen.user, chosen.reader_role) == ("svc-aurora sync", "Analysts")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bucket", "Not_A_Bucket"),
        ("bucket", "b'); DROP DATABASE X; --"),
        ("storage_role_arn", "arn:aws:iam::1:role/x"),
        ("storage_role_arn", "arn:aws:iam::123456789012:user/x"),
        ("storage_external_id", "a b"),
        ("public_key", "-----BEGIN PUBLIC KEY-----"),
        ("workload_identity_arn", "<ARN>"),
        ("allowed_cidrs", ["10.0.0.1/8"]),
        ("allowed_cidrs", ["2001:db8::/32"]),
    ],
)
def test_a_wrong_choice_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(AccountError, match=f"^{field} "):
        SnowflakeAccount.of(**{"database": "AURORA", field: value})


def test_a_user_has_one_way_to_log_in() -> None:
    with pytest.raises(AccountError, match="needs one of them"):
        SnowflakeAccount.of(database="AURORA", public_key="MIIB", workload_identity_arn=ROLE_ARN)


def test_two_databases_share_no_object_of_the_account() -> None:
    """Else the second deployment into an account would take the first one's bucket or user away."""
    one, other = (
        set(
            re.findall(
                r"DROP [A-Z ]+ IF EXISTS (\S+)", "\n".join(tear_down_statements(SnowflakeAccount.of(database=name)))
            )
        )
        for name in ("AURORA", "AURORA_TEST")
    )
    assert len(one) == len(other) == 4
    assert not one & other
