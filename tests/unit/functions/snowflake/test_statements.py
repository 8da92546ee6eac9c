"""Every rendered statement is Snowflake's SQL, and no name leaves its quotes."""

from itertools import product

import pytest
import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.snowflake import Snowflake

from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable, fold
from functions.shared.contract.rules import MergeRules
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import (
    bootstrap_statements,
    compare_statement,
    evolve_statements,
    merge_statement,
    table_statements,
)
from tests.support.batches import column

HOSTILE = [
    'a"); DROP TABLE x; --',
    "it's /* not a comment",
    "100%s %(x)s",
    "back\\slash",
    "{{ 7 * 7 }}{% raw %}",
    "dots.and spaces",
    "end$",
    ":batch",
    "Größe 表",
]
PLAIN = TableObjects("AURORA", SourceTable("public", "orders"))
AT = column("updated_at", "timestamptz", True)


def columns(*extra: str) -> list[Column]:
    kinds = ["int4", "bytea", "jsonb", "numeric", "date", "text"]
    policies = ["quarantine", "fail"]
    named = [
        column(name, kinds[number % len(kinds)], unrepresentable=policies[number % len(policies)])
        for number, name in enumerate(extra)
    ]
    return [column("id", "int8", True), AT, *named]


def every_rules(*extra: str) -> list[MergeRules]:
    made = columns(*extra)
    keys = [[], [made[0]], made[:1] + made[2:3]]
    return [
        MergeRules(made, key, watermark, soft_deletes=soft)
        for key, watermark, soft in product(keys, [None, AT], [False, True])
        if key or not soft
    ]


def block(statement: str) -> str:
    """The script between the dollar signs of EXECUTE IMMEDIATE."""
    assert statement.count("$$") == 2
    return statement[statement.index("$$") + 2 : statement.rindex("$$")]


def rendered(objects: TableObjects, rules: MergeRules) -> list[str]:
    merge = merge_statement(objects, rules, "b1")
    row = [None if number % 2 else "it's 100%\\" for number in range(len(rules.columns))]
    return [
        *bootstrap_statements(objects.database, "bucket"),
        *table_statements(objects, rules),
        *table_statements(objects, rules, replace=True),
        *table_statements(objects, rules, replace_pipe=True),
        *evolve_statements(objects, rules.columns[2:], rules.columns[2:], rules.columns[:1]),
        merge,
        compare_statement(objects, rules, (10, 12), [row, row]),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_inside_its_quotes(name: str) -> None:
    """The same tokens as with a plain name: only the text of identifiers and strings differs."""
    plain = MergeRules(columns("aa", "Plain"), columns("aa")[2:], AT, soft_deletes=True)
    hostile = MergeRules(columns("aa", name), columns("aa")[2:], AT, soft_deletes=True)
    objects = TableObjects("AURORA", SourceTable(name, name))
    tokenizer = Snowflake().tokenizer_class()
    for usual, odd in zip(
        rendered(TableObjects("AURORA", SourceTable("Plain", "Plain")), plain), rendered(objects, hostile), strict=True
    ):
        texts = [(usual, odd)]
        if "EXECUTE IMMEDIATE $$" in usual:
            texts = [(usual.split("$$")[0], odd.split("$$")[0]), (block(usual), block(odd))]
        for one, other in texts:
            kinds = [[token.token_type for token in tokenizer.tokenize(text)] for text in (one, other)]
            assert kinds[0] == kinds[1]


def test_a_name_that_is_not_quoted_would_be_seen_by_the_test_above() -> None:
    tokenizer = Snowflake().tokenizer_class()
    statement = table_statements(PLAIN, MergeRules(columns(HOSTILE[0]), [], AT, soft_deletes=False))[0]
    broken = statement.replace('""', '"')
    kinds = [token.token_type for token in tokenizer.tokenize(statement)]
    assert TokenType.DROP not in kinds
    assert TokenType.DROP in [token.token_type for token in tokenizer.tokenize(broken)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_column_is_an_identifier_of_the_parsed_statement(name: str) -> None:
    made = table_statements(PLAIN, MergeRules(columns(name), [], AT, soft_deletes=False))
    for statement in made[:2]:
        definition = sqlglot.parse_one(statement, dialect="snowflake")
        assert fold(name) in {column.this.name for column in definition.find_all(exp.ColumnDef)}


def test_sampled_values_stay_inside_their_quotes() -> None:
    rules = MergeRules(columns("note"), columns()[:1], AT, soft_deletes=False)
    values = ["1", None, "x'); DROP TABLE y; --\\'"]
    parsed = sqlglot.parse(compare_statement(PLAIN, rules, (1, 1), [values]), dialect="snowflake")
    assert len(parsed) == 1
    assert parsed[0] is not None
    assert values[2] in {string.this for string in parsed[0].find_all(exp.Literal)}


def test_a_batch_id_stays_inside_its_quotes() -> None:
    rules = MergeRules(columns(), [], AT, soft_deletes=False)
    text = block(merge_statement(PLAIN, rules, "x'; DROP TABLE y; --"))
    assert TokenType.DROP not in [token.token_type for token in Snowflake().tokenizer_class().tokenize(text)]


def test_the_three_objects_of_a_table_are_not_those_of_any_other() -> None:
    names = ["orders", "orders$typed", "orders$TYPED", "ORDERS$TYPED", "orders_typed"]
    objects = [TableObjects("D", SourceTable("public", name)) for name in names]
    full = [name for each in objects for name in {each.staging, each.typed, each.final}]
    assert len(set(full)) == 3 * len({each.source.object_name for each in objects})


def test_rules_travel_through_the_workflow_as_json() -> None:
    for rules in every_rules("total", HOSTILE[0]):
        assert MergeRules.from_json(rules.to_json()) == rules


def test_a_full_statement_names_only_quoted_objects_of_the_configured_database() -> None:
    odd = TableObjects('odd"db', SourceTable("public", "orders"))
    parsed = sqlglot.parse_one(bootstrap_statements('odd"db', "b")[0], dialect="snowflake")
    assert parsed.find(exp.Table).name == 'odd"db'
    assert odd.final == '"odd""db"."FINAL"."PUBLIC__ORDERS"'
