"""Loads one CSV file into a table, all of it or nothing."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
from snowflake.connector.errors import Error
from sqlglot import Expr, exp, parse_one

from local.snowflake.language.errors import from_engine
from local.snowflake.language.names import quote_identifier, quote_literal
from local.snowflake.pipes.load_history import LoadHistory
from local.snowflake.pipes.load_outcome import LoadFailure, LoadOutcome
from local.snowflake.pipes.pipe import StagedFile
from local.snowflake.pipes.pipe_definition import Copy
from local.snowflake.pipes.text_limits import first_too_long
from local.snowflake.session.context import Context

MAX_LINE_BYTES = 128 * 1024 * 1024

_ERROR_LINE = re.compile(r"CSV Error on Line: (\d+)")
_COLUMN_COUNT = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_CONVERTED_COLUMN = re.compile(r"column \"?(\w+)\"?", re.IGNORECASE)


def load(
    context: Context, loads: LoadHistory, copy: Copy, file: Path, staged: StagedFile, scanned_at: datetime
) -> LoadOutcome:
    """Insert the rows of the downloaded `file` in one transaction, and record it in the table's load history.

    The file is parsed before the write lock is taken, so that no merge waits for a long file.
    """
    if file.stat().st_size == 0:
        loads.record(copy.table, staged.url)
        return LoadOutcome(0, None)
    duck = context.duck
    try:
        duck.execute(f"CREATE OR REPLACE TEMP TABLE _sf_file AS {_read(copy, file)}")
        if (failure := first_too_long(context, copy, "temp._sf_file")) is not None:
            return LoadOutcome(0, failure)
        insert = _insert(context, copy, staged.key, scanned_at)
        context.begin()
        try:
            duck.execute(insert)
            (count,) = duck.fetchall()[0]
            context.writes(copy.table)
            # While the lock is held: a table replaced just after the commit has no history.
            loads.record(copy.table, staged.url)
            context.commit()
        except (duckdb.Error, Error):
            loads.withdraw(copy.table, staged.url)
            context.rollback()
            raise
        return LoadOutcome(count, None)
    except (duckdb.Error, Error) as error:
        return LoadOutcome(0, _failure(error, copy))
    finally:
        duck.execute("DROP TABLE IF EXISTS temp._sf_file")


def _read(copy: Copy, file: Path) -> str:
    """A row per record: every field as text, an unquoted empty field as NULL, a quoted one as ''.

    A `$n` beyond the file's fields is NULL and fields beyond the last `$n` are ignored (data-load-transform, CSV).
    """
    fields = _fields(copy, file)
    columns = ", ".join(f"'${number}': 'VARCHAR'" for number in range(1, fields + 1))
    missing = "".join(f', NULL::VARCHAR AS "${number}"' for number in range(fields + 1, copy.width + 1))
    quote = copy.format.quote
    options = {
        "auto_detect": "false",
        "header": "false",
        "skip": str(copy.format.skip_header),
        "delim": _literal(copy.format.delimiter),
        "quote": _literal(quote),
        "escape": _literal(quote),
        "nullstr": "''",
        "allow_quoted_nulls": "false",
        "new_line": r"'\n'",
        "compression": "'gzip'" if copy.format.is_gzip(file) else "'none'",
        "max_line_size": str(MAX_LINE_BYTES),
        "columns": f"{{{columns}}}",
    }
    arguments = ", ".join(f"{name} = {value}" for name, value in options.items())
    return f'SELECT *{missing}, row_number() OVER () AS "_sf_row" FROM read_csv({_literal(str(file))}, {arguments})'


def _fields(copy: Copy, file: Path) -> int:
    """How many fields the first record has."""
    opener = gzip.open if copy.format.is_gzip(file) else open
    with opener(file, "rt", newline="", errors="replace") as lines:
        csv.field_size_limit(MAX_LINE_BYTES)
        first = next(
            csv.reader(
                lines,
                delimiter=copy.format.delimiter,
                quotechar=copy.format.quote or None,
                quoting=csv.QUOTE_MINIMAL if copy.format.quote else csv.QUOTE_NONE,
            ),
            None,
        )
    return len(first) if first else copy.width


def _insert(context: Context, copy: Copy, file_name: str, scanned_at: datetime) -> str:
    metadata: dict[str, Callable[[], Expr]] = {
        "METADATA$FILENAME": lambda: exp.Literal.string(file_name),
        "METADATA$FILE_ROW_NUMBER": lambda: exp.column("_sf_row", quoted=True),
        "METADATA$START_SCAN_TIME": lambda: parse_one(
            f"{quote_literal(scanned_at.isoformat())}::TIMESTAMP_LTZ", read="snowflake"
        ),
    }

    def bound(node: Expr) -> Expr:
        if isinstance(node, exp.Column) and node.name.upper() in metadata:
            return metadata[node.name.upper()]()
        if isinstance(node, exp.Parameter) and node.name.isdigit():
            return exp.column(f"${node.name}", quoted=True)
        return node

    select = parse_one(f"SELECT {', '.join(copy.items)} FROM temp._sf_file", read="snowflake").transform(bound)
    translated = context.translate(select).sql(dialect="duckdb")
    columns = f" ({', '.join(quote_identifier(column) for column in copy.columns)})" if copy.columns else ""
    return f"INSERT INTO {copy.table.quoted}{columns} {translated}"


def _failure(error: duckdb.Error | Error, copy: Copy) -> LoadFailure:
    text = str(error)
    found_line = _ERROR_LINE.search(text)
    line = int(found_line[1]) if found_line else None
    if found := _COLUMN_COUNT.search(text):
        message = (
            f"Number of columns in file ({found[2]}) does not match that of the corresponding table ({found[1]}), "
            "use file format option error_on_column_count_mismatch=false to ignore this error"
        )
        return LoadFailure(message, line, f'"{copy.table.name}"[{min(int(found[1]), int(found[2]))}]')
    if "unterminated quote" in text.lower():
        return LoadFailure("Found character after the closing quote, or end of file inside a quoted field", line, None)
    if "invalid unicode" in text.lower():
        return LoadFailure("Invalid UTF8 detected in string", line, None)
    column = _CONVERTED_COLUMN.search(text)
    named = f'"{copy.table.name}"["{column[1]}"]' if column else None
    return LoadFailure(from_engine(error).msg or text, line, named)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
