"""The bucket's files that belong to no batch: failed attempts, and what somebody else put there."""

from functions.maintain.moments import Moments
from functions.maintain.statements import list_statement, orphans_statement
from functions.shared.contract.wire import Wire
from functions.shared.ground.settings import settings
from functions.shared.snowflake.session import SnowflakeSession


class Orphans(Wire):
    """`oldest` is when the first of them was written; None where there is none."""

    files: int
    bytes: int
    oldest: str | None = None


def count_orphans(snowflake: SnowflakeSession, database: str, moments: Moments) -> Orphans:
    """Counts them; the bucket's lifecycle rule removes them. The list, which may be long, stays in Snowflake."""
    listed = snowflake.run(list_statement(database))
    [found] = snowflake.rows(orphans_statement(database, settings().staging_bucket, listed, moments))
    oldest = found["OLDEST"].isoformat() if found["OLDEST"] else None
    return Orphans(files=int(found["FILES"]), bytes=int(found["BYTES"]), oldest=oldest)
