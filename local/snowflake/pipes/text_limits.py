"""Texts that are longer than their column: Snowflake refuses the file."""

from __future__ import annotations

from local.snowflake.engine.declared_types import columns_of
from local.snowflake.language.column_types import LONGEST_VARCHAR
from local.snowflake.language.names import quote_identifier
from local.snowflake.pipes.load_outcome import LoadFailure
from local.snowflake.pipes.pipe_definition import Copy
from local.snowflake.session.context import Context


def first_too_long(context: Context, copy: Copy, parsed: str) -> LoadFailure | None:
    """The first record of the table `parsed` with a field that its VARCHAR column cannot hold."""
    types = columns_of(context.duck, copy.table)
    worst: tuple[int, str, str] | None = None
    for item, column in zip(copy.items, copy.columns, strict=True):
        kind = types.get(column)
        if kind is None or kind.name != "VARCHAR" or not item[1:].isdigit():
            continue
        field, limit = quote_identifier(item), kind.sizes[0]
        too_long = f"length({field}) > {limit}" if limit < LONGEST_VARCHAR else f"strlen({field}) > {LONGEST_VARCHAR}"
        found = context.duck.execute(
            f'SELECT "_sf_row", strlen({field}), left({field}, 50) FROM {parsed} WHERE {too_long} ORDER BY 1 LIMIT 1'
        ).fetchone()
        if found is not None and (worst is None or found[0] < worst[0]):
            worst = found[0], _message(limit, found[1], found[2]), f'"{copy.table.name}"["{column}":{item[1:]}]'
    return None if worst is None else LoadFailure(worst[1], _line(context, copy, parsed, worst[0]), worst[2])


def _message(limit: int, size: int, start: str) -> str:
    if limit < LONGEST_VARCHAR:
        return f"User character length limit ({limit}) exceeded by string '{start}'"
    return f"Max LOB size ({LONGEST_VARCHAR}) exceeded, actual size of parsed column is {size}"


def _line(context: Context, copy: Copy, parsed: str, row: int) -> int:
    """The line of the file at which a record begins: a quoted field may hold line ends."""
    fields = [quote_identifier(f"${number}") for number in range(1, copy.width + 1)]
    ends = " + ".join(f"coalesce(len({field}) - len(replace({field}, chr(10), '')), 0)" for field in fields)
    query = f'SELECT coalesce(sum(1 + {ends}), 0) + 1 FROM {parsed} WHERE "_sf_row" < ?'
    (line,) = context.duck.execute(query, [row]).fetchall()[0]
    return int(line) + copy.format.skip_header
