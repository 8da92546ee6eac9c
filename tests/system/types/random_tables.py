"""Strategies for a whole table: hostile names, any key, any strategy, rows, and what a second run finds changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from psycopg2 import DataError, IntegrityError, sql
from psycopg2.errors import ProgramLimitExceeded, UndefinedFunction

from functions.schema.final import OWN_NAMES, SOFT_DELETE_NAMES
from functions.shared.contract.traits import TRAITS, Traits
from tests.system.types.catalogue import HOSTILE_NAMES
from tests.system.types.random_types import ColumnType
from tests.system.types.tables import in_snowflake

# In every table: by it the rows of both sides are told apart, and by the other a timestamp table is read.
NUMBER, MOMENT = "n", "updated_at"
# System columns, which no other may be called (postgresql.org, System Columns).
_OF_POSTGRESQL = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
_TAKEN = {in_snowflake(name) for name in (NUMBER, MOMENT)} | OWN_NAMES | SOFT_DELETE_NAMES
FIRST_DAY, SECOND_DAY = "2026-01-01", "2026-01-02"
_REFUSED = (DataError, IntegrityError, ProgramLimitExceeded, UndefinedFunction)
Row = dict[str, str | None]


@dataclass
class RandomTable:
    """One table in two states; `key` names its key's columns, `policy` is its on_unrepresentable."""

    columns: dict[str, ColumnType]
    key: list[str]
    strategy: str
    policy: str | dict[str, str]
    rows: list[Row]
    changes: list[tuple[str, int, Row]]
    statements: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        told = [f"-- {self.strategy}, key {self.key}, on_unrepresentable {self.policy!r}", *self.statements]
        return "\n" + ";\n".join(told)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Hypothesis shows a failing example by this."""
        printer.text(repr(self))

    @property
    def traits(self) -> Traits:
        """What its strategy is."""
        return TRAITS[self.strategy]

    def spec(self, full_name: str) -> dict[str, Any]:
        """What the sync is told of it."""
        watermark = {"watermark_col": MOMENT} if self.traits.leads else {}
        keys = {"primary_keys": self.key} if self.key else {}
        common = {"table_name": full_name, "watermark_type": self.strategy, "on_unrepresentable": self.policy}
        return {**common, **watermark, **keys}

    def is_text(self, name: str) -> bool:
        """Whether the column is kept as text."""
        return self.policy == "text" or (isinstance(self.policy, dict) and self.policy.get(name) == "text")

    def create(self, cursor: Any, table: sql.Identifier) -> None:
        """Makes it in Aurora and inserts the rows that PostgreSQL takes."""
        columns = [
            sql.SQL("{} integer").format(sql.Identifier(NUMBER)),
            sql.SQL("{} timestamptz NOT NULL").format(sql.Identifier(MOMENT)),
        ]
        columns += [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(one.kind.declared))
            for name, one in self.columns.items()
        ]
        if self.key:
            columns.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, self.key))))
        self._do(cursor, sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns)))
        for number, row in enumerate(self.rows, 1):
            self._insert(cursor, table, number, FIRST_DAY, row)

    def change(self, cursor: Any, table: sql.Identifier) -> bool:
        """Makes the changes that the strategy is promised to see; says whether there are any."""
        before = len(self.statements)
        for place, (what, number, row) in enumerate(self.changes):
            if what == "insert":
                self._insert(cursor, table, 100 + place, SECOND_DAY, row)
            elif what == "update" and self._sees_updates:
                self._update(cursor, table, number, row)
            elif what == "delete" and self.traits.sees_deletes:
                self._do(cursor, sql.SQL("DELETE FROM {} WHERE n = {}").format(table, sql.Literal(number)))
        return len(self.statements) > before

    @property
    def _sees_updates(self) -> bool:
        return bool(self.key) or self.traits.form == "whole"

    def _insert(self, cursor: Any, table: sql.Identifier, number: int, day: str, row: Row) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, [NUMBER, MOMENT, *row]))
        values = sql.SQL(", ").join(map(sql.Literal, [number, f"{day} 00:00:00.{number:06d}+00", *row.values()]))
        self._do(cursor, sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, names, values))

    def _update(self, cursor: Any, table: sql.Identifier, number: int, row: Row) -> None:
        changed = {name: value for name, value in row.items() if name not in self.key}
        moment = f"{SECOND_DAY} 00:00:00.{number:06d}+00"
        set_to = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in {MOMENT: moment, **changed}.items()
        ]
        query = sql.SQL("UPDATE {} SET {} WHERE n = {}")
        self._do(cursor, query.format(table, sql.SQL(", ").join(set_to), sql.Literal(number)))

    def _do(self, cursor: Any, statement: sql.Composable) -> None:
        """A row that PostgreSQL refuses is not part of the table."""
        try:
            cursor.execute(statement)
        except _REFUSED:
            if not self.statements:
                raise
        else:
            self.statements.append(statement.as_string(cursor))


def names() -> st.SearchStrategy[str]:
    """Names of columns, from the hostile ones or made up."""
    made_up = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
    usable = made_up.filter(lambda name: "$$" not in name and len(name.encode()) < 64 and name not in _OF_POSTGRESQL)
    return st.one_of(st.sampled_from(HOSTILE_NAMES), usable).filter(lambda name: in_snowflake(name) not in _TAKEN)


@st.composite
def random_tables(draw: st.DrawFn, types: st.SearchStrategy[ColumnType]) -> RandomTable:
    """A table of 1 to 12 columns and up to 12 rows."""
    called = draw(st.lists(names(), min_size=1, max_size=12, unique_by=lambda name: in_snowflake(name).casefold()))
    columns = {name: draw(types) for name in called}
    strategy = draw(st.sampled_from(["full_snapshot", "xmin", "timestamp"]))
    keyable = [name for name, one in columns.items() if one.can_be_key]
    key = draw(st.lists(st.sampled_from(keyable), max_size=2, unique=True)) if keyable else []
    if TRAITS[strategy].needs_key and not key:
        key = [NUMBER]
    texts = {name: "text" for name in called if draw(st.integers(0, 4)) == 0}
    policies: list[str | dict[str, str]] = ["quarantine", "quarantine", "text", {**texts, "*": "quarantine"}]
    policy = draw(st.sampled_from(policies))
    rows = draw(st.lists(_row(columns, key), max_size=12))
    change = st.tuples(st.sampled_from(["insert", "update", "delete"]), st.integers(1, 12), _row(columns, key))
    changes = draw(st.lists(change, max_size=4)) if draw(st.integers(0, 2)) == 0 else []
    return RandomTable(columns, key, strategy, policy, rows, changes)


def _row(columns: dict[str, ColumnType], key: Sequence[str]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {name: one.values if name in key else st.one_of(st.none(), one.values) for name, one in columns.items()}
    )
