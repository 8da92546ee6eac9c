"""One table as Aurora's catalog describes it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from functions.shared.aurora.login import GROUP_ROLE, grantee
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.spec import OTHER_COLUMNS, TableSpec
from functions.shared.contract.types import SourceType
from functions.shared.ground.errors import AccessDenied, InvalidConfiguration

_RELATION = f"""
SELECT c.oid, c.relkind::text AS kind, current_user::text AS role, {GROUP_ROLE} AS group_role,
       row_security_active(c.oid) AS rows_hidden,
       c.relforcerowsecurity AS owner_too, pg_get_userbyid(c.relowner)::text AS owner,
       c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = c.oid) AS inherited,
       (SELECT min(p.relid::regclass::text) FROM pg_partition_tree(c.oid) p JOIN pg_class k ON k.oid = p.relid
        WHERE k.relkind = 'f') AS foreign_partition,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""
_NEIGHBOURS = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND lower(n.nspname || '.' || c.relname) = lower(%s) ORDER BY 1
"""
# A domain has the type that it is made of; an array is described by its element's type.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT a.attnum, a.attname, a.attnotnull, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = %(oid)s AND n.nspname = %(schema)s AND c.relname = %(name)s AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
    SELECT b.attnum, b.attname, b.attnotnull OR t.typnotnull, t.typbasetype,
           CASE WHEN b.modifier < 0 THEN t.typtypmod ELSE b.modifier END
    FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
SELECT b.attname AS column, b.attnotnull AS not_null, b.attnum AS number, e.typname AS name,
       format_type(b.type, b.modifier) AS label, b.modifier, t.typcategory = 'A' AND t.typelem <> 0 AS is_array,
       CASE e.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange'
            WHEN 'd' THEN 'domain' ELSE CASE n.nspname WHEN 'pg_catalog' THEN 'base' ELSE 'extension' END END AS kind
FROM base b JOIN pg_type t ON t.oid = b.type
JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 AND t.typname NOT LIKE '%%vector'
                               THEN t.typelem ELSE t.oid END
JOIN pg_namespace n ON n.oid = e.typnamespace
WHERE t.typtype <> 'd' ORDER BY b.attnum
"""
_PRIMARY_KEY = """
SELECT a.attname AS name FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %(oid)s AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position
"""


@dataclass(frozen=True)
class Relation:
    """One Aurora table with its columns; `key` names the columns by which rows are merged, empty for none."""

    source: SourceTable
    oid: int
    columns: Sequence[Column]
    key: Sequence[str] = field(default=())

    @cached_property
    def shape(self) -> str:
        """A digest (16 hex digits) that changes with every change of its columns, their policies or its key."""
        shape = json.dumps([[column.shape for column in self.columns], list(self.key)])
        return hashlib.sha256(shape.encode()).hexdigest()[:16]

    def column(self, name: str) -> Column:
        """The column of this name, which the table has."""
        return next(column for column in self.columns if column.name == name)


def read_relation(aurora: AuroraSession, spec: TableSpec) -> Relation:
    """Reads a table's columns and key.

    Raises InvalidConfiguration where the specification does not fit the table, AccessDenied where the role cannot read
    all of its rows.
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
    if relation["inherited"]:
        raise InvalidConfiguration(
            f"{table}: tables inherit from it, and no key of it holds in their rows; name those tables, or partition it"
        )
    if relation["foreign_partition"]:
        raise InvalidConfiguration(
            f"{table}: its partition {relation['foreign_partition']} is a foreign table, whose transactions no fence "
            "sees; name the other partitions, or detach this one"
        )
    to = grantee(relation["role"], relation["group_role"])
    if not relation["readable"]:
        raise AccessDenied(
            f"{table}: role {relation['role']} may not read it; run GRANT USAGE ON SCHEMA and GRANT SELECT ON the "
            f"table TO {to}"
        )
    if relation["rows_hidden"]:
        no_force = "ALTER TABLE … NO FORCE ROW LEVEL SECURITY and " if relation["owner_too"] else ""
        raise AccessDenied(
            f"{table}: row-level security hides rows from role {relation['role']}, so the copy would miss them; "
            f"run {no_force}GRANT {relation['owner']} TO {to}, by which the sync could also write the "
            "owner's tables, or leave the table out. No policy helps, and Aurora's master user may not set BYPASSRLS"
        )
    columns = read_columns(aurora, spec, relation["oid"])
    key = spec.keys or [row["name"] for row in aurora.rows(_PRIMARY_KEY, {"oid": relation["oid"]})]
    _refuse_missing(spec, columns)
    return Relation(source, relation["oid"], columns, key)


def read_columns(aurora: AuroraSession, spec: TableSpec, oid: int) -> list[Column]:
    """The columns of the table with this oid, in order; empty where it no longer has the specification's name."""
    asked = {"oid": oid, "schema": spec.source.schema, "name": spec.source.name}
    return [_column(row, spec) for row in aurora.rows(_COLUMNS, asked)]


def _column(row: dict[str, Any], spec: TableSpec) -> Column:
    name = row.pop("column")
    not_null, number = row.pop("not_null"), row.pop("number")
    return Column(name, SourceType(**row), not_null, number, spec.unrepresentable(name))


def _refuse_missing(spec: TableSpec, columns: Sequence[Column]) -> None:
    present = [column.name for column in columns]
    watermark_key = "watermark_cols" if spec.watermark_cols else "watermark_col"
    policies = spec.on_unrepresentable if isinstance(spec.on_unrepresentable, dict) else {}
    asked = [
        *(("primary_keys", name) for name in spec.keys),
        *((watermark_key, name) for name in spec.watermarks),
        *(("on_unrepresentable", name) for name in policies if name != OTHER_COLUMNS),
    ]
    for key, name in asked:
        if name not in present:
            raise InvalidConfiguration(
                f"{spec.table_name}: {key} names column {name!r}, which the table does not have; "
                f"its columns are {', '.join(present)}"
            )
