"""Every statement is Snowflake's SQL, as far as a grammar without an account can say."""

import logging
import re
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake

from infra.snowflake.examples import EXAMPLES
from tests.support.gate import ALARMS, COMMENT, STRING_OR_NAME, complaints, texts, unparsable, words
from tests.support.rendered import every_statement, files_statements, table_variations

STATEMENTS = every_statement()

# What sqlglot 30 reads as a command without looking inside; sqlfluff does look.
_OPAQUE = re.compile(
    r"CREATE (OR REPLACE )?(PIPE|TASK|ROLE|USER|NETWORK POLICY|RESOURCE MONITOR)\b"
    r"|ALTER (STORAGE INTEGRATION|NETWORK POLICY|USER|WAREHOUSE|RESOURCE MONITOR|SCHEMA)\b"
    r"|DROP (USER|NETWORK POLICY|RESOURCE MONITOR)\b|GRANT ROLE\b"
    r"|GRANT SELECT ON (ALL|FUTURE) TABLES\b|EXECUTE IMMEDIATE\b"
)
# What sqlfluff takes in any spelling, for it may be a name: each is spelt as docs.snowflake.com spells it.
_SPELT_AS_DOCUMENTED = {
    "USERADMIN", "SECURITYADMIN", "SYSADMIN", "ACCOUNTADMIN", "ACCOUNT", "SERVICE",
    "RSA_PUBLIC_KEY", "DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "NETWORK_POLICY",
    "METADATA", "FILENAME", "FILE_ROW_NUMBER", "START_SCAN_TIME",
}  # fmt: skip
# Functions that sqlglot does not know, and whose documentation does.
_DOCUMENTED_FUNCTIONS = {"RESULT_SCAN", "SYSTEM$GET_TASK_GRAPH_CONFIG", "SYSTEM$SET_RETURN_VALUE"}
_LONG = 1500


@pytest.mark.parametrize("kind", STATEMENTS)
def test_sqlfluff_can_read_it(kind: str) -> None:
    found = {text: wrong for one in STATEMENTS[kind] for text in texts(one) if (wrong := complaints(text))}
    assert not found


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.part.pattern)
def test_a_known_false_alarm_still_occurs(alarm) -> None:
    raising = [text for made in STATEMENTS.values() for one in made for text in texts(one) if alarm.part.search(text)]
    assert raising, "no statement has this part: take it off the list"
    for text in raising:
        assert unparsable(text), "sqlfluff reads it by now: take it off the list"


def test_a_known_false_alarm_hides_no_other_mistake() -> None:
    (statement,) = [
        one for made in STATEMENTS.values() for one in made if ALARMS[0].part.search(one) and complaints(one) == []
    ]
    assert complaints(statement.replace("STORAGE_ALLOWED_LOCATIONS", "STORAGE_ALLOWED_LOCATION"))


def test_a_misspelt_word_is_caught() -> None:
    """Every word of every kind of short statement, misspelt one at a time."""
    missed, caught = set(), set()
    for kind, statement, match in _words_of_each_kind():
        misspelt = f"{match[1][:-2]}{match[1][-1]}Q"
        if complaints(statement[: match.start()] + misspelt + statement[match.end() :]):
            caught.add((kind, match[1]))
        else:
            missed.add(match[1])
    assert missed == _SPELT_AS_DOCUMENTED
    assert len(caught) > 100


def _words_of_each_kind() -> Iterator[tuple[str, str, re.Match[str]]]:
    """A word for each kind of statement that has it, with one such statement; a query is functions mostly."""
    seen = set()
    for made in files_statements().values():
        for statement in made:
            bare = re.sub(COMMENT, "", statement)
            kind = " ".join(bare.split()[:3])
            if len(statement) < _LONG and not re.search(r" VIEW |^WITH ", bare):
                for match in words(statement):
                    if (kind, match[1]) not in seen:
                        seen.add((kind, match[1]))
                        yield kind, statement, match


@pytest.mark.parametrize(
    ("word", "misspelt"),
    [
        ("MERGE INTO", "MERGE INTOO"),
        ("FULL OUTER JOIN", "FULL OUTR JOIN"),
        ("BEGIN TRANSACTION", "BEGN TRANSACTION"),
        ("WHEN OTHER THEN", "WHEN OTHER"),
    ],
)
def test_a_misspelt_word_of_the_merge_is_caught(word: str, misspelt: str) -> None:
    _, script = texts(STATEMENTS["key pair, example-tables/11-example_orders-merge.sql"][-1])
    assert word in script
    assert unparsable(script.replace(word, misspelt, 1))


def test_every_function_is_one_of_snowflake() -> None:
    known = {name.upper() for name in (*Snowflake.Parser.FUNCTIONS, *Snowflake.Parser.FUNCTION_PARSERS)}
    used = set()
    for made in STATEMENTS.values():
        for one in made:
            for text in texts(one):
                plain = re.sub(rf"{STRING_OR_NAME}|{COMMENT}", "''", text)
                used |= set(re.findall(r"([A-Z][A-Z0-9_$]*)\(", plain))
    assert used - known - {"NUMBER", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_TZ", "TIMESTAMP_LTZ"} == _DOCUMENTED_FUNCTIONS
    assert "ROW_NUMBER" in used


@pytest.mark.parametrize("kind", STATEMENTS)
def test_sqlglot_can_read_it(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "sqlglot")
    for statement in STATEMENTS[kind]:
        (parsed,) = sqlglot.parse(statement, dialect="snowflake")
        bare = re.sub(COMMENT, "", statement).strip()
        assert isinstance(parsed, exp.Command) == bool(_OPAQUE.match(bare)), bare


def test_the_variations_of_the_merge_differ() -> None:
    merges = [
        one for kind in STATEMENTS for one in STATEMENTS[kind] if re.match(r"EXECUTE .*\nBEGIN\n  LET batch", one)
    ]
    assert len(merges) == len(list(table_variations())) + len(EXAMPLES) == 6
