"""The definition of a pipe, parsed: its options, and its COPY statement with target, columns, select list, stage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlglot import TokenType, exp, parse_one

from local.snowflake.language.errors import compilation_error, does_not_exist, not_supported
from local.snowflake.language.names import Name
from local.snowflake.language.scanner import Scanner
from local.snowflake.pipes.csv_format import CsvFormat, csv_format, read_options
from local.snowflake.session.context import Context

_STAGE = re.compile(r'@((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+)){0,2})(/[^\s)]*)?')


@dataclass(frozen=True)
class Copy:
    """`items` are the select list's expressions over `$n`; `width` is the number of fields a record must have."""

    table: Name
    columns: tuple[str, ...]
    items: tuple[str, ...]
    stage_url: str
    path: str
    format: CsvFormat
    width: int

    @property
    def location(self) -> str:
        """The part of the bucket that the pipe reads."""
        return self.stage_url + self.path

    def relative_name(self, url: str) -> str | None:
        """The file's name relative to the stage; None when the pipe does not read it."""
        return url[len(self.stage_url) :] if url.startswith(self.location) else None


def comment_of(scanner: Scanner) -> str:
    """The options of CREATE PIPE up to AS; only the comment has an effect here."""
    comment = ""
    while not scanner.accept("AS"):
        option = scanner.identifier()
        scanner.expect("=")
        if option == "COMMENT":
            comment = scanner.string()
        elif option == "AUTO_INGEST":
            scanner.boolean()
        elif option in ("ERROR_INTEGRATION", "AWS_SNS_TOPIC", "INTEGRATION"):
            scanner.next()
        else:
            raise scanner.unexpected()
    return comment


def parse_copy(sql: str, context: Context) -> Copy:
    """Parse a pipe's COPY INTO.

    Raises ProgrammingError for a missing stage, table or format, and for every option the loader would not honour.
    """
    scanner = Scanner(sql)
    scanner.expect("COPY", "INTO")
    table = context.resolve(scanner.parts())
    columns = _columns(scanner) if scanner.word() == "(" else ()
    scanner.expect("FROM")
    items: tuple[str, ...] = ()
    if scanner.accept("(", "SELECT"):
        items = _select_items(scanner)
        scanner.expect("FROM")
        stage, path = stage_reference(scanner)
        if scanner.word() != ")":
            scanner.identifier()
        scanner.expect(")")
    else:
        stage, path = stage_reference(scanner)
    options = read_options(scanner)
    url = stage_url(context, context.resolve(Scanner(stage).parts()))
    present = _table_columns(context, table)
    columns = columns or present
    items = items or tuple(f"${number}" for number in range(1, len(columns) + 1))
    return Copy(table, columns, items, url, path.lstrip("/"), csv_format(context, options), _width(items))


def _columns(scanner: Scanner) -> tuple[str, ...]:
    scanner.expect("(")
    columns = [scanner.identifier()]
    while scanner.accept(","):
        columns.append(scanner.identifier())
    scanner.expect(")")
    return tuple(columns)


def _select_items(scanner: Scanner) -> tuple[str, ...]:
    items, depth, start = [], 0, scanner.token()
    while True:
        word = scanner.word()
        if depth == 0 and word in (",", "FROM"):
            end = scanner.tokens[scanner.at - 1]
            assert start is not None
            items.append(scanner.sql[start.start : end.end + 1])
            if word == "FROM":
                return tuple(items)
            scanner.next()
            start = scanner.token()
            continue
        depth += {"(": 1, ")": -1}.get(word, 0)
        scanner.next()


def stage_reference(scanner: Scanner) -> tuple[str, str]:
    """A stage as written after @, and the path behind it."""
    token = scanner.token()
    if token is None:
        raise scanner.unexpected()
    quoted = token.token_type == TokenType.STRING
    found = _STAGE.match(token.text) if quoted else _STAGE.match(scanner.sql, token.start)
    if found is None:
        raise scanner.unexpected()
    if quoted:
        scanner.next()
        return found[1], token.text[found.end(1) :]
    while (token := scanner.token()) is not None and token.start < found.end():
        scanner.next()
    return found[1], found[2] or ""


def _width(items: tuple[str, ...]) -> int:
    """The highest `$n` that the COPY reads."""
    numbers: list[int] = []
    for item in items:
        tree: Any = parse_one(f"SELECT {item}", read="snowflake")
        numbers += [int(node.name) for node in tree.find_all(exp.Parameter) if node.name.isdigit()]
    return max(numbers, default=0)


def stage_url(context: Context, name: Name) -> str:
    """Where an external stage's files are, with a slash at the end."""
    found = context.duck.execute(
        "SELECT url FROM _fs_global._fs_information_schema._fs_stages"
        " WHERE database_name = ? AND schema_name = ? AND name = ?",
        [name.database, name.schema, name.name],
    ).fetchone()
    if found is None:
        raise does_not_exist("Stage", str(name))
    url = str(found[0])
    if not url.startswith("s3://"):
        raise not_supported(f"stage {name}, which is not on S3")
    return url if url.endswith("/") else url + "/"


def _table_columns(context: Context, table: Name) -> tuple[str, ...]:
    found = context.duck.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ?"
        " ORDER BY column_index",
        [table.database, table.schema, table.name],
    ).fetchall()
    if not found:
        raise does_not_exist("Object", str(table))
    return tuple(column for (column,) in found)


def require_columns(copy: Copy) -> None:
    """Raises ProgrammingError when the select list and the column list differ in length."""
    if len(copy.items) != len(copy.columns):
        raise compilation_error(
            f"Insert value list does not match column list expecting {len(copy.columns)} but got {len(copy.items)}",
            2057,
            "42601",
        )
