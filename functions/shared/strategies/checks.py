"""The checks that strategies make of a table; each error ends with what to change."""

from collections.abc import Sequence

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name, typed
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.traits import replacing, strategies, without_watermark
from functions.shared.ground.errors import InvalidConfiguration, NullWatermark
from functions.shared.strategies.base import Run

# An idle table's horizon is renewed after so many transactions, well before ids cannot be compared with it.
XID_RENEWAL = 2**30
_DISORDERLY_SEQUENCES = """
SELECT s.seqrelid::regclass::text AS name, s.seqcache AS cache, s.seqincrement < 0 AS down, s.seqcycle AS cycles
FROM pg_attribute a
JOIN pg_depend d ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass
JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE a.attrelid = %(oid)s AND a.attname = %(column)s AND (s.seqcache > 1 OR s.seqincrement < 0 OR s.seqcycle)
UNION
SELECT s.seqrelid::regclass::text, s.seqcache, s.seqincrement < 0, s.seqcycle
FROM pg_attrdef f
JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_sequence s ON s.seqrelid = d.refobjid
WHERE f.adrelid = %(oid)s AND a.attname = %(column)s AND (s.seqcache > 1 OR s.seqincrement < 0 OR s.seqcycle)
"""
# A partitioned table is counted in its partitions.
_CHANGES = """
SELECT sum(pg_stat_get_tuples_updated(relid) + pg_stat_get_tuples_deleted(relid))::bigint AS changes
FROM (SELECT relid FROM pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::regclass) AS parts(relid)
"""


def check_lead(spec: TableSpec, relation: Relation, types: Sequence[str], needs: str) -> None:
    """Raises InvalidConfiguration where the leading watermark column has another type; `needs` describes the types."""
    column = relation.column(spec.watermarks[0])
    if column.type_name not in types:
        key = "watermark_cols" if spec.watermark_cols else "watermark_col"
        raise InvalidConfiguration(
            f"{spec.table_name}: {key} names {column.name!r}, which is {column.type_name}; "
            f"watermark_type {spec.watermark_type} needs {needs}"
        )


def check_key(spec: TableSpec, relation: Relation) -> None:
    """Raises InvalidConfiguration for a table without a key."""
    if not relation.key:
        raise InvalidConfiguration(
            f"{spec.table_name}: has no primary key, and watermark_type {spec.watermark_type} merges updates by key; "
            f"add a primary key, name unique columns as primary_keys, or use {replacing()}"
        )


def check_append(aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
    """Raises InvalidConfiguration for a table without a key whose rows change: they can only be appended."""
    if relation.key:
        return
    changes = aurora.row(_CHANGES, {"oid": relation.oid})["changes"]
    if changes:
        raise InvalidConfiguration(
            f"{spec.table_name}: has no primary key, so its rows can only be appended, but Aurora counts {changes} "
            f"updates and deletes on it; add a primary key, name unique columns as primary_keys, or use {replacing()}"
        )


def check_nulls(aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
    """Raises NullWatermark where rows have no value in the leading watermark column."""
    column = relation.column(spec.watermarks[0])
    if column.not_null:
        return
    query = sql.SQL("SELECT count(*) AS nulls FROM {} WHERE {} IS NULL")
    nulls = aurora.row(query.format(full_name(relation.source), sql.Identifier(column.name)))["nulls"]
    if nulls:
        raise NullWatermark(
            f"{spec.table_name}: {nulls} rows have NULL in watermark column {column.name!r} and would be left out; "
            f"fill them and make the column NOT NULL, or use {without_watermark()}"
        )


def check_sequence(aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
    """Raises InvalidConfiguration where the sequence behind the watermark may give later rows lower values."""
    for row in aurora.rows(_DISORDERLY_SEQUENCES, {"oid": relation.oid, "column": spec.watermarks[0]}):
        faults = {
            "counts down": row["down"],
            "starts again at its end (CYCLE)": row["cycles"],
            f"hands out {row['cache']} at a time (run ALTER SEQUENCE {row['name']} CACHE 1)": row["cache"] > 1,
        }
        others = strategies(lambda traits: traits.sees_updates and traits.form == "rows")
        raise InvalidConfiguration(
            f"{spec.table_name}: watermark_col {spec.watermarks[0]!r} takes its values from sequence {row['name']}, "
            f"which {' and '.join(fault for fault, found in faults.items() if found)}, so later rows may get lower "
            f"values; change that, or use {others}"
        )


def up_to_low(run: Run) -> sql.Composable | None:
    """The rows up to FINAL's highest watermark; None where FINAL has none."""
    if run.progress.low is None:
        return None
    return sql.SQL("{} <= {}").format(sql.Identifier(run.lead.name), typed(run.progress.low, run.lead.type_name))
