"""What the export's query gives for a table: the places of refused values, and the texts."""

from typing import Any

from psycopg2 import sql

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.export_query import export_query
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name
from functions.shared.contract.spec import parse_spec

Exported = tuple[str | None, ...]


def query_of(source: AuroraSession, table: str, **spec: Any) -> sql.Composable:
    """The query that exports a whole table, under the policies of a specification."""
    parsed = parse_spec({"table_name": table, "watermark_type": "full_snapshot", **spec}, "test")
    selection = sql.SQL("FROM {}").format(full_name(parsed.source))
    return export_query(read_relation(source, parsed).columns, selection)


def exported(source: AuroraSession, table: str, **spec: Any) -> list[Exported]:
    """Each row's fields, the first of them the places of what was refused."""
    return [tuple(row.values()) for row in source.rows(query_of(source, table, **spec))]


def one(source: AuroraSession, owner: Any, schema: str, kind: str, value: str | None, **spec: Any) -> Exported:
    """The fields of a row with one value, given as PostgreSQL's text of it."""
    owner.execute(f"DROP TABLE IF EXISTS {schema}.one; CREATE TABLE {schema}.one (c {kind})")
    owner.execute(f"INSERT INTO {schema}.one VALUES (%s::{kind})", (value,))
    [row] = exported(source, f"{schema}.one", **spec)
    return row
