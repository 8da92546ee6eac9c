"""What the ledger says of many tables at once, where their FINAL is as the last merge left it."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from functions.shared.contract.names import literal, quote
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.traits import Lead
from functions.shared.contract.watermark import Progress, Watermark, as_text, from_text
from functions.shared.snowflake.control import control_table
from functions.shared.snowflake.session import SnowflakeSession

# A merge writes its line before it commits, which is when FINAL is altered.
_COMMITTED_WITHIN = timedelta(seconds=60)

_Row = dict[str, Any]


def read_recorded(snowflake: SnowflakeSession, database: str, specs: Mapping[str, TableSpec]) -> dict[str, Progress]:
    """The progress of tables by the names in `specs`, without those whose FINAL must be asked.

    The ledger is read first: a merge in between makes FINAL newer than its line, which is then not believed.
    """
    sources = {name: spec.source for name, spec in specs.items()}
    lines = _last_lines(snowflake, database, [str(source) for source in sources.values()])
    finals = _finals(snowflake, database, [source.object_name for source in sources.values()])
    found: dict[str, Progress] = {}
    for name, source in sources.items():
        line, final = lines.get(str(source)), finals.get(source.object_name)
        progress = recorded(line, final, specs[name]) if line and final else None
        if progress:
            found[name] = progress
    return found


def _last_lines(snowflake: SnowflakeSession, database: str, tables: Collection[str]) -> dict[str, _Row]:
    """Each table's newest line of the ledger, by the same order as for one table."""
    rows = snowflake.rows(
        'SELECT "TABLE_NAME", "WATERMARK", "HIGHEST", "FINAL_ROWS", "FINAL_VERSION", "MERGED_AT" '
        f'FROM {control_table(database, "LEDGER")} WHERE "TABLE_NAME" IN ({_literals(tables)}) '
        'QUALIFY ROW_NUMBER() OVER (PARTITION BY "TABLE_NAME" ORDER BY "MERGED_AT" DESC, "VERSION" DESC) = 1'
    )
    return {row["TABLE_NAME"]: row for row in rows}


def _finals(snowflake: SnowflakeSession, database: str, names: Collection[str]) -> dict[str, _Row]:
    rows = snowflake.rows(
        f'SELECT "TABLE_NAME", "ROW_COUNT", "LAST_ALTERED" FROM {quote(database)}.INFORMATION_SCHEMA.TABLES '
        f'WHERE "TABLE_SCHEMA" = \'FINAL\' AND "TABLE_TYPE" = \'BASE TABLE\' AND "TABLE_NAME" IN ({_literals(names)})'
    )
    return {row["TABLE_NAME"]: row for row in rows}


def _literals(texts: Collection[str]) -> str:
    return ", ".join(map(literal, texts))


def recorded(line: _Row, final: _Row, spec: TableSpec) -> Progress | None:
    """A table's progress by its line of the ledger; None where the line does not say it, or FINAL is another since."""
    if line["FINAL_ROWS"] is None or not _is_as_merged(line, final):  # a line of an earlier release has no FINAL_ROWS
        return None
    if line["FINAL_ROWS"] == 0:
        return Progress()
    last, lead = Watermark.model_validate_json(line["WATERMARK"]), spec.traits.leads
    if line["FINAL_VERSION"] is None or last.reads != spec.measure:
        return None
    low = _low(line, last, lead) if lead else None
    if lead and low is None:
        return None
    return Progress(low=low, version=int(line["FINAL_VERSION"]), last=last)


def _is_as_merged(line: _Row, final: _Row) -> bool:
    """Whether nothing has altered FINAL since: an edit, a restore, a change of columns, another merge."""
    whole = final["ROW_COUNT"] == line["FINAL_ROWS"]  # guard: rows-gone-from-final-not-noticed
    untouched = final["LAST_ALTERED"] <= line["MERGED_AT"] + _COMMITTED_WITHIN  # guard: change-of-final-not-noticed
    return bool(whole and untouched)


def _low(line: _Row, last: Watermark, lead: Lead) -> str | None:
    """FINAL's highest watermark: that of before the batch, or of the rows it applied. None where their types differ."""
    values: list[Any] = [from_text(text, lead) for text in (last.low, line["HIGHEST"]) if text is not None]
    try:
        return as_text(max(values)) if values else None
    except TypeError:
        return None
