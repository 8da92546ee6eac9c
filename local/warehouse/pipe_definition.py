"""The COPY statement of a pipe, parsed: target, columns, select list, stage, file format."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import TokenType

from local.warehouse.csv_loader import width
from local.warehouse.errors import compilation_error, does_not_exist, not_supported
from local.warehouse.scanner import Name, Scanner, word_of

if TYPE_CHECKING:
    from local.warehouse.session import Session

_STAGE = re.compile(r'@((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+)){0,2})(/[^\s)]*)?')

# What the loader does not vary, and the values under which that is right.
_FIXED: dict[str, tuple[Any, ...]] = {
    "TYPE": ("CSV",),
    "RECORD_DELIMITER": ("\n", "\\n"),
    "ESCAPE": ("NONE",),
    "ESCAPE_UNENCLOSED_FIELD": ("NONE",),
    "NULL_IF": ([],),
    "EMPTY_FIELD_AS_NULL": (True,),
    "TRIM_SPACE": (False,),
    "ENCODING": ("UTF8", "UTF-8"),
    "ERROR_ON_COLUMN_COUNT_MISMATCH": (True,),
    "REPLACE_INVALID_CHARACTERS": (False,),
    "SKIP_BLANK_LINES": (False,),
    "MULTI_LINE": (True,),
    "BINARY_FORMAT": ("HEX",),
    "SKIP_BYTE_ORDER_MARK": (True,),
}
_VARIABLE = {"FIELD_DELIMITER", "SKIP_HEADER", "FIELD_OPTIONALLY_ENCLOSED_BY", "COMPRESSION"}


@dataclass(frozen=True)
class CsvFormat:
    delimiter: str
    quote: str
    skip_header: int
    compression: str

    def is_gzip(self, file: Path) -> bool:
        if self.compression == "AUTO":
            with file.open("rb") as stream:
                return stream.read(2) == b"\x1f\x8b"
        return self.compression == "GZIP"


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
        return self.stage_url + self.path

    def relative_name(self, url: str) -> str | None:
        """The file's name relative to the stage; None when the pipe does not read it."""
        return url[len(self.stage_url) :] if url.startswith(self.location) else None


def parse_copy(sql: str, session: Session) -> Copy:
    """Understand a pipe's COPY INTO.

    Raises ProgrammingError for a missing stage, table or format, and for every option the loader would not honour.
    """
    scanner = Scanner(sql)
    scanner.expect("COPY", "INTO")
    table = session.resolve(scanner.parts())
    columns = _columns(scanner) if scanner.word() == "(" else ()
    scanner.expect("FROM")
    items: tuple[str, ...] = ()
    if scanner.accept("(", "SELECT"):
        items = _select_items(scanner)
        scanner.expect("FROM")
        stage, path = _stage_reference(scanner)
        if scanner.word() != ")":
            scanner.identifier()
        scanner.expect(")")
    else:
        stage, path = _stage_reference(scanner)
    options = _options(scanner)
    url = _stage_url(session, session.resolve(Scanner(stage).parts()))
    present = _table_columns(session, table)
    columns = columns or present
    items = items or tuple(f"${number}" for number in range(1, len(columns) + 1))
    return Copy(table, columns, items, url, path.lstrip("/"), _csv_format(session, options), width(items))


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


def _stage_reference(scanner: Scanner) -> tuple[str, str]:
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


def _options(scanner: Scanner) -> dict[str, Any]:
    """The COPY options after FROM; only a pipe's defaults and a file format are honoured."""
    options: dict[str, Any] = {}
    while not scanner.done:
        name = scanner.identifier()
        scanner.expect("=")
        if name == "FILE_FORMAT":
            options |= _format_options(scanner)
        elif name == "ON_ERROR":
            value = scanner.string() if scanner.word() == "" else scanner.identifier()
            if value.upper() != "SKIP_FILE":
                raise not_supported(f"ON_ERROR = {value} in a pipe")
        else:
            raise not_supported(f"COPY option {name} in a pipe")
    return options


def _format_options(scanner: Scanner) -> dict[str, Any]:
    if scanner.word() == "" and (token := scanner.token()) is not None and token.token_type == TokenType.STRING:
        return {"FORMAT_NAME": scanner.string()}
    inner = Scanner(scanner.parenthesized())
    options: dict[str, Any] = {}
    while not inner.done:
        name = inner.identifier()
        inner.expect("=")
        options[name] = _format_name(inner) if name == "FORMAT_NAME" else _value(inner)
        inner.accept(",")
    return options


def _format_name(scanner: Scanner) -> str:
    token = scanner.token()
    if token is not None and token.token_type == TokenType.STRING:
        return scanner.string()
    return ".".join('"' + part.replace('"', '""') + '"' for part in scanner.parts())


def _value(scanner: Scanner) -> Any:
    if scanner.word() == "(":
        inner = Scanner(scanner.parenthesized())
        values = []
        while not inner.done:
            values.append(inner.string())
            inner.accept(",")
        return values
    token = scanner.next()
    word = word_of(token)
    if word in ("TRUE", "FALSE"):
        return word == "TRUE"
    return int(token.text) if token.text.isdigit() and word else (word or token.text)


def _csv_format(session: Session, options: dict[str, Any]) -> CsvFormat:
    merged: dict[str, Any] = {}
    if "FORMAT_NAME" in options:
        merged |= _named_format(session, session.resolve(Scanner(options.pop("FORMAT_NAME")).parts()))
    merged |= options
    if unknown := set(merged) - set(_FIXED) - _VARIABLE:
        raise not_supported(f"file format option {sorted(unknown)[0]}")
    for name, allowed in _FIXED.items():
        value = merged.get(name, allowed[0])
        if isinstance(value, str):
            value = value.upper() if name != "RECORD_DELIMITER" else value
        if value not in allowed:
            raise not_supported(f"file format option {name} = {value}")
    for name in ("NULL_IF", "ESCAPE_UNENCLOSED_FIELD"):
        if name not in merged:
            raise not_supported(f"a CSV file format without {name} (its default would change values)")
    quote = str(merged.get("FIELD_OPTIONALLY_ENCLOSED_BY", "NONE"))
    return CsvFormat(
        delimiter=str(merged.get("FIELD_DELIMITER", ",")),
        quote="" if quote.upper() == "NONE" else quote,
        skip_header=int(merged.get("SKIP_HEADER", 0)),
        compression=str(merged.get("COMPRESSION", "AUTO")).upper(),
    )


def _named_format(session: Session, name: Name) -> dict[str, Any]:
    found = session.duck.execute(
        "SELECT options FROM _fs_global._fs_information_schema._fs_file_formats"
        " WHERE database_name = ? AND schema_name = ? AND name = ?",
        [name.database, name.schema, name.name],
    ).fetchone()
    if found is None:
        raise does_not_exist("File format", str(name))
    options: dict[str, Any] = json.loads(found[0])
    return options


def _stage_url(session: Session, name: Name) -> str:
    found = session.duck.execute(
        "SELECT url FROM _fs_global._fs_information_schema._fs_stages"
        " WHERE database_name = ? AND schema_name = ? AND name = ?",
        [name.database, name.schema, name.name],
    ).fetchone()
    if found is None:
        raise does_not_exist("Stage", str(name))
    url = str(found[0])
    if not url.startswith("s3://"):
        raise not_supported(f"a pipe on stage {name}, which is not on S3")
    return url if url.endswith("/") else url + "/"


def _table_columns(session: Session, table: Name) -> tuple[str, ...]:
    found = session.duck.execute(
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
