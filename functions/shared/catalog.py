"""What Aurora's catalog says about one table."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.shared.aurora import Aurora
from functions.shared.columns import Column
from functions.shared.errors import AccessDenied, InvalidConfiguration
from functions.shared.naming import SourceTable
from functions.shared.spec import TableSpec

_RELATION = """
SELECT c.oid, c.relkind::text AS kind, current_user::text AS role, row_security_active(c.oid) AS rows_hidden,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""
_NEIGHBOURS = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND lower(n.nspname || '.' || c.relname) = lower(%s) ORDER BY 1
"""
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT a.attnum, a.attname, a.attnotnull, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
    SELECT b.attnum, b.attname, b.attnotnull OR t.typnotnull, t.typbasetype,
           CASE WHEN b.modifier < 0 THEN t.typtypmod ELSE b.modifier END
    FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
SELECT b.attname AS name, t.typname AS type, b.modifier, b.attnotnull AS not_null, t.typcategory = 'A' AS is_array
FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd' ORDER BY b.attnum
"""
_PRIMARY_KEY = """
SELECT a.attname AS name FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %(oid)s AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position
"""


@dataclass(frozen=True)
class Relation:
    """One Aurora table as its catalog describes it, with the key its rows are merged by (empty: none)."""

    source: SourceTable
    oid: int
    columns: Sequence[Column]
    key: Sequence[str] = field(default=())

    def column(self, name: str) -> Column:
        """The column `name`, which the specification was checked to name."""
        return next(column for column in self.columns if column.name == name)


def read_relation(aurora: Aurora, spec: TableSpec) -> Relation:
    """Reads a table's columns and key, and refuses what the specification cannot mean.

    Raises InvalidConfiguration or AccessDenied in one sentence naming table, key and remedy.
    """
    table = spec.table_name
    source = spec.source
    found = aurora.rows(_RELATION, {"schema": source.schema, "name": source.name})
    if not found:
        near = ", ".join(row["name"] for row in aurora.rows(_NEIGHBOURS, (str(source),)))
        hint = f"did you mean {near}?" if near else "create it, or correct table_name"
        raise InvalidConfiguration(f"{table}: table_name names no table in Aurora; {hint}")
    relation = found[0]
    if relation["kind"] not in ("r", "p"):
        raise InvalidConfiguration(f"{table}: table_name is not a table (a view?); name the tables it reads")
    if not relation["readable"]:
        raise AccessDenied(
            f"{table}: role {relation['role']} may not read it; run GRANT USAGE ON SCHEMA and GRANT SELECT ON the "
            f"table TO {relation['role']}"
        )
    if relation["rows_hidden"]:
        raise AccessDenied(
            f"{table}: row-level security hides rows from role {relation['role']}, so the copy would miss them; "
            f"run ALTER ROLE {relation['role']} BYPASSRLS"
        )
    oid = {"oid": relation["oid"]}
    columns = [
        Column(row["name"], row["type"], row["modifier"], row["not_null"], row["is_array"])
        for row in aurora.rows(_COLUMNS, oid)
    ]
    key = spec.keys or [row["name"] for row in aurora.rows(_PRIMARY_KEY, oid)]
    _refuse_missing(spec, columns)
    return Relation(source, relation["oid"], columns, key)


def _refuse_missing(spec: TableSpec, columns: Sequence[Column]) -> None:
    present = [column.name for column in columns]
    asked = [("primary_keys", name) for name in spec.keys] + [
        ("watermark_cols" if spec.watermark_cols else "watermark_col", name) for name in spec.watermarks
    ]
    for key, name in asked:
        if name not in present:
            raise InvalidConfiguration(
                f"{spec.table_name}: {key} names column {name!r}, which the table does not have; "
                f"its columns are {', '.join(present)}"
            )
