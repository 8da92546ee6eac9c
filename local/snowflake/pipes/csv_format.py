"""A pipe's options and its CSV format; those that the loader does not honour are refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlglot import TokenType

from local.snowflake.language.errors import does_not_exist, not_supported
from local.snowflake.language.names import Name, quote_identifier
from local.snowflake.language.scanner import Scanner, word_of
from local.snowflake.session.context import Context

# Options with one behaviour in the loader, and the values that it fits.
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
    """The options of a file that vary; `quote` is empty where there is none."""

    delimiter: str
    quote: str
    skip_header: int
    compression: str

    def is_gzip(self, file: Path) -> bool:
        """Whether to unpack a file; AUTO looks at its first bytes."""
        if self.compression == "AUTO":
            with file.open("rb") as stream:
                return stream.read(2) == b"\x1f\x8b"
        return self.compression == "GZIP"


def read_options(scanner: Scanner) -> dict[str, Any]:
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
    return ".".join(quote_identifier(part) for part in scanner.parts())


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


def csv_format(context: Context, options: dict[str, Any]) -> CsvFormat:
    """The format of a COPY's options over those of its named format.

    Raises ProgrammingError for a format that is not there, and for every option that the loader would not honour.
    """
    merged: dict[str, Any] = {}
    if "FORMAT_NAME" in options:
        merged |= _named_format(context, context.resolve(Scanner(options.pop("FORMAT_NAME")).parts()))
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


def _named_format(context: Context, name: Name) -> dict[str, Any]:
    found = context.duck.execute(
        "SELECT options FROM _fs_global._fs_information_schema._fs_file_formats"
        " WHERE database_name = ? AND schema_name = ? AND name = ?",
        [name.database, name.schema, name.name],
    ).fetchone()
    if found is None:
        raise does_not_exist("File format", str(name))
    options: dict[str, Any] = json.loads(found[0])
    return options
