"""The progress of a table as Snowflake knows it now: FINAL's maxima, the ledger's last batch, and ceilings of ids."""

from dataclasses import dataclass
from datetime import datetime

from snowflake.connector.errors import ProgrammingError

from functions.shared.contract.columns import Column
from functions.shared.contract.names import literal
from functions.shared.contract.watermark import Progress, Watermark, as_text
from functions.shared.snowflake.control import control_table, insert_into
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession, is_missing, is_missing_column, snowflake_session


def read_progress(snowflake: SnowflakeSession, objects: TableObjects, column: Column | None) -> Progress:
    """Reads FINAL's maxima and the ledger's last watermark."""
    highest = f"MAX({column.identifier})" if column else "NULL"
    try:
        found = snowflake.rows(f'SELECT {highest} AS "LOW", MAX("_VERSION") AS "VERSION" FROM {objects.final}')[0]
    except ProgrammingError as error:
        if is_missing(error):
            return Progress(exists=False)
        if column and is_missing_column(error):
            return read_progress(snowflake, objects, None).model_copy(update={"lacks": column.name})
        raise
    version = None if found["VERSION"] is None else int(found["VERSION"])
    last = read_last(snowflake, objects) if version is not None else Watermark()
    low = None if found["LOW"] is None else as_text(found["LOW"])
    return Progress(low=low, version=version, last=last)


def read_last(snowflake: SnowflakeSession, objects: TableObjects) -> Watermark:
    """The record of the newest merged batch."""
    rows = snowflake.rows(
        f'SELECT "WATERMARK" FROM {control_table(objects.database, "LEDGER")} '
        f'WHERE "TABLE_NAME" = {literal(str(objects.source))} ORDER BY "MERGED_AT" DESC, "VERSION" DESC LIMIT 1'
    )
    return Watermark.model_validate_json(rows[0]["WATERMARK"]) if rows and rows[0]["WATERMARK"] else Watermark()


@dataclass(frozen=True)
class Readings:
    """The ceilings that runs of one table read and left for later runs; each call uses the container's session."""

    objects: TableObjects

    def before(self, moment: datetime) -> int | None:
        """The last ceiling that an earlier run read before this moment, the present fence."""
        with snowflake_session(str(self.objects.source)) as snowflake:
            rows = snowflake.rows(
                f'SELECT "CEILING" FROM {control_table(self.objects.database, "READINGS")} '
                f'WHERE "TABLE_NAME" = {literal(str(self.objects.source))} '
                f'AND "READ_AT" < {literal(as_text(moment))} ORDER BY "READ_AT" DESC LIMIT 1'
            )
        return int(rows[0]["CEILING"]) if rows else None

    def store(self, ceiling: int, read_at: str) -> None:
        """Stores a ceiling for runs after the end of the transactions that are open now."""
        with snowflake_session(str(self.objects.source)) as snowflake:
            snowflake.execute(
                f"{insert_into(self.objects.database, 'READINGS')} VALUES (%s, %s, %s)",
                [str(self.objects.source), ceiling, read_at],
            )
