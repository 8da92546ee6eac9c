"""`python -m bench.merge_scan [rows …]`: how many rows of FINAL a merge of 100 changed rows reads; writes the page.

The laptop's engine prunes like Snowflake by the lowest and highest value of each part of a table (122,880 rows
here, 50 to 500 MB there). Its pruning by the joined rows themselves is off: only the merge's own predicate prunes.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable, literal
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from functions.shared.snowflake.control import insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import bootstrap_statements, merge_statement, table_statements
from local.snowflake.session.session import Session
from local.snowflake.state import State

if TYPE_CHECKING:
    import duckdb

CHANGED = 100
_ROWS = (1_000, 100_000, 1_000_000)
_PAGE = Path(__file__).parents[1] / "docs" / "merge-cost.md"
# The engine's SQL of a key: in the order in which rows came, or as random as a UUID.
KEYS: Mapping[str, tuple[str, str]] = {"in order": ("int8", "n"), "UUID": ("uuid", "md5(n::VARCHAR)::UUID::VARCHAR")}
_OF_METADATA = re.compile(r'SELECT CAST\(\(\(SELECT (COUNT\(\*\)|MAX\("_VERSION"\)) FROM [^ ()]+\)\) AS ')
_VALUE = Column("value", SourceType("text", "text"), False, 2)


@dataclass(frozen=True)
class Scan:
    """What the two statements read of FINAL that join it: rows, of each statement that reads more than metadata."""

    final_rows: int
    keys: str
    read: Sequence[int]


class _Measured:
    """The engine's connection, noting the rows that statements read of one table."""

    def __init__(self, duck: Any, table: str) -> None:
        self._duck, self._table = duck, table
        self._last = ""
        self.read: list[int] = []
        duck.execute("SET disabled_optimizers = 'join_filter_pushdown'")
        duck.execute("PRAGMA enable_profiling = 'no_output'")

    def execute(self, query: str, *values: Any) -> Any:
        """Runs a statement and notes what it read; a maximum or a count of the whole table is metadata in Snowflake."""
        result = self._duck.execute(query, *values)
        profile = self._duck.get_profiling_information()
        if profile != self._last and not _OF_METADATA.match(query):
            self.read += [rows for rows in [sum(self._scanned(json.loads(profile)))] if rows]
        self._last = profile
        return result

    def _scanned(self, operator: dict[str, Any]) -> Iterator[int]:
        if operator.get("extra_info", {}).get("Table", "").replace('"', "") == self._table:
            yield operator["rows_scanned"]
        for part in [*operator.get("children", []), *operator.get("operator", [])]:
            yield from self._scanned(part)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._duck, name)


def measure(final_rows: int, keys: str) -> Scan:
    """Merges 100 rows, those that came last, into a FINAL of so many; a table without deletes and watermark."""
    type_name, key_sql = KEYS[keys]
    key = Column("id", SourceType(type_name, type_name), True, 1)
    rules = MergeRules([key, _VALUE], [key], None, soft_deletes=False)
    objects = TableObjects("AURORA", SourceTable("public", "t"))
    session = State().session(None, None)
    for statement in (*bootstrap_statements("AURORA", "bench"), *table_statements(objects, rules)):
        session.execute(statement)
    session.duck.execute(
        f'INSERT INTO {objects.final} ("ID", "VALUE", "_VERSION", "_SYNCED_AT") '
        f"SELECT {key_sql}, 'former', 1, now() FROM range({final_rows:d}) AS numbers(n)"
    )
    _stage(session, objects, key_sql, final_rows)
    measured = _Measured(session.duck, "AURORA.FINAL.PUBLIC__T")
    # It passes on to the connection whatever it does not note.
    session.duck = cast("duckdb.DuckDBPyConnection", measured)
    outcome = session.execute(merge_statement(objects, rules, "b")).scalar()
    session.close()
    if outcome != "MERGED":
        raise RuntimeError(f"the merge ended with {outcome}")
    return Scan(final_rows, keys, measured.read)


def _stage(session: Session, objects: TableObjects, key_sql: str, final_rows: int) -> None:
    session.duck.execute(
        f'INSERT INTO {objects.staging} ("ID", "VALUE", "_FILE", "_ROW") '
        f"SELECT {key_sql}, 'new', 'f', n FROM range({final_rows - CHANGED:d}, {final_rows:d}) AS numbers(n)"
    )
    table = literal(str(objects.source))
    session.execute(f"{insert_into('AURORA', 'BATCH_FILES')} SELECT 'b', 'f', 2, 1")
    session.execute(
        f"{insert_into('AURORA', 'BATCHES')} SELECT 'b', {table}, 'e', FALSE, 50, FALSE, FALSE, NULL, NULL, 2, "
        f"{CHANGED}, CURRENT_TIMESTAMP()"
    )


def page(scans: Sequence[Scan]) -> str:
    """The page on what a merge reads."""
    lines = [
        f"| {scan.final_rows:,} | {scan.keys} | {' + '.join(f'{rows:,}' for rows in scan.read)} "
        f"| {sum(scan.read) / scan.final_rows / len(scan.read):.1%} |"
        for scan in scans
    ]
    return _TEXT.format(changed=CHANGED, rows="\n".join(lines))


_TEXT = """# What a merge reads

Written by `make bench-merge` (`.venv/bin/python -m bench.merge_scan 10000000` for another size): {changed} changed
rows, those that came last, are merged into tables of several sizes, on the laptop's stand-in.

A merge of a table with a key reads FINAL's keys and versions twice: once to classify the batch's rows, once in the
`MERGE`. Both carry the batch's lowest and highest key as constants, so that parts of FINAL whose keys all lie outside
are not read. Everything else (counts, maxima) Snowflake answers from metadata.

| rows of FINAL | keys | rows read, by each | share |
|---|---|---|---|
{rows}

**Keys in order** (sequences, times, UUIDs of version 7): what is read stays about one part of the table, however big it
is. A part has 122,880 rows here; Snowflake's micro-partitions hold 50 to 500 MB.

**Random keys** (UUIDs of version 4) lie everywhere: each merge reads the keys of the whole table twice, and `MERGE`
writes each micro-partition anew that holds a row which changes, with all its columns. {changed} changed rows may
rewrite {changed} micro-partitions; a few hundred thousand, most of the table. What was replaced is kept for Time Travel
and, unless `final_transient` is set, for 7 days of Fail-safe ([costs](cost.md)). It helps to run such a table less
often, or to give the table a key in order.

A complete batch (`full_snapshot`, a reload) reads the whole of FINAL once to classify, whatever its keys; of a table
without a watermark it compares each row, and writes only those that differ. Rows to delete are found by one more
read, in batches that have some.
"""


def main(arguments: Sequence[str]) -> None:
    """Measures and writes the page."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    sizes = sorted({*_ROWS, *map(int, arguments)})
    _PAGE.write_text(page([measure(rows, keys) for keys in KEYS for rows in sizes]))


if __name__ == "__main__":
    main(sys.argv[1:])
