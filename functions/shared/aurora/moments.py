"""Moments as values of a watermark column's type, in the zone in which its writers write."""

from datetime import datetime

from psycopg2 import sql

from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.columns import Column
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.watermark import as_text
from functions.shared.ground.errors import InvalidConfiguration

# The zone of a session that sets none, and a role whose sessions get another one.
_DEFAULT_ZONE = """
SELECT reset_val AS zone, (
    SELECT min(r.rolname || ' has ' || split_part(setting, '=', 2))
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS setting
    WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND starts_with(lower(setting), 'timezone=')
      AND (lower(split_part(setting, '=', 2)) <> lower(reset_val) OR r.rolname = current_user)) AS other
FROM pg_settings WHERE name = 'TimeZone'
"""
_ZONE = """
SELECT %(zone)s AS zone, count(DISTINCT (moment AT TIME ZONE %(zone)s) - (moment AT TIME ZONE 'UTC')) AS offsets
FROM generate_series(now() - interval '1 year', now() + interval '1 year', interval '7 days') AS moment
"""


def zone_of(aurora: AuroraSession, spec: TableSpec, column: Column) -> str:
    """The zone that a column without one is written in; timestamptz needs none and gets UTC.

    Raises InvalidConfiguration where roles have different zones and watermark_timezone is not set, and for a timestamp
    in a zone with clock changes, where an hour repeats each year.
    """
    if column.type_name == "timestamptz":
        return "UTC"
    zone = spec.watermark_timezone or _default_zone(aurora, spec)
    if column.type_name == "timestamp" and aurora.row(_ZONE, {"zone": zone})["offsets"] > 1:
        raise InvalidConfiguration(
            f"{spec.table_name}: watermark_col {spec.watermarks[0]!r} is a timestamp without time zone in {zone}, "
            "where the clock is set back once a year and local times repeat; make it timestamptz, or set "
            "watermark_timezone to the fixed zone its writers use, e.g. UTC"
        )
    return zone


def _default_zone(aurora: AuroraSession, spec: TableSpec) -> str:
    found = aurora.row(_DEFAULT_ZONE)
    if found["other"]:
        raise InvalidConfiguration(
            f"{spec.table_name}: watermark_col {spec.watermarks[0]!r} has no time zone, the database's is "
            f"{found['zone']}, but role {found['other']}; set watermark_timezone to the zone its "
            "writers use, or make it timestamptz"
        )
    return str(found["zone"])


def moment_as(aurora: AuroraSession, moment: datetime, column: Column, zone: str) -> str:
    """The moment as text of the column's type."""
    if column.type_name == "timestamptz":
        query = sql.SQL("SELECT {} AS moment").format(in_type(moment, column, zone))
        return as_text(aurora.row(query)["moment"])
    query = sql.SQL("SELECT {}::text AS moment").format(in_type(moment, column, zone))
    return str(aurora.row(query)["moment"])


def in_type(moment: datetime, column: Column, zone: str) -> sql.Composable:
    """Aurora's SQL for the moment in the column's type.

    It is rounded to the type's precision, as now() is when it is stored, so that no later row lies below it.
    """
    instant = sql.SQL("{}::timestamptz").format(sql.Literal(as_text(moment)))
    if column.type_name == "timestamptz":
        return sql.SQL("{}::{}").format(instant, sql.SQL(column.type.label))
    return sql.SQL("({} AT TIME ZONE {})::{}").format(instant, sql.Literal(zone), sql.SQL(column.type.label))
