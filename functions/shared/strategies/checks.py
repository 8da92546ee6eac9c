"""What must hold for a strategy to be honest about a table; each refusal says what to change."""

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import Aurora
from functions.shared.aurora.windows import relation as full_name
from functions.shared.contract.spec import TableSpec
from functions.shared.ground.errors import InvalidConfiguration, NullWatermark

TIMESTAMPS = ("timestamptz", "timestamp", "date")
INTEGERS = ("int2", "int4", "int8")
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
# The counts of a partitioned table are its partitions'.
_CHANGES = """
SELECT sum(pg_stat_get_tuples_updated(relid) + pg_stat_get_tuples_deleted(relid))::bigint AS changes
FROM (SELECT relid FROM pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::regclass) AS parts(relid)
"""


def check(aurora: Aurora, spec: TableSpec, relation: Relation) -> None:
    """Raises InvalidConfiguration or NullWatermark where the strategy cannot copy this table exactly."""
    _check_type(spec, relation)
    _check_key(aurora, spec, relation)
    if spec.watermarks:
        _check_nulls(aurora, spec, relation)
    if spec.watermark_type == "integer":
        _check_sequence(aurora, spec, relation)


def _check_type(spec: TableSpec, relation: Relation) -> None:
    if not spec.watermarks:
        return
    column = relation.column(spec.watermarks[0])
    integer = spec.watermark_type == "integer"
    if column.type_name not in (INTEGERS if integer else TIMESTAMPS):
        key = "watermark_cols" if spec.watermark_cols else "watermark_col"
        needs = "an integer column" if integer else "a timestamp or date column, first in order"
        raise InvalidConfiguration(
            f"{spec.table_name}: {key} names {column.name!r}, which is {column.type_name}; "
            f"watermark_type {spec.watermark_type} needs {needs}"
        )


def _check_key(aurora: Aurora, spec: TableSpec, relation: Relation) -> None:
    if relation.key or spec.watermark_type == "full_snapshot":
        return
    if spec.watermark_type == "xmin":
        raise InvalidConfiguration(
            f"{spec.table_name}: has no primary key, and watermark_type xmin merges updates by key; add a primary key, "
            "name unique columns as primary_keys, or use full_snapshot"
        )
    changes = aurora.row(_CHANGES, {"oid": relation.oid})["changes"]
    if changes:
        raise InvalidConfiguration(
            f"{spec.table_name}: has no primary key, so its rows can only be appended, but Aurora counts {changes} "
            "updates and deletes on it; add a primary key, name unique columns as primary_keys, or use full_snapshot"
        )


def _check_nulls(aurora: Aurora, spec: TableSpec, relation: Relation) -> None:
    nullable = [column for column in map(relation.column, spec.watermarks[:1]) if not column.not_null]
    for column in nullable:
        query = sql.SQL("SELECT count(*) AS nulls FROM {} WHERE {} IS NULL")
        nulls = aurora.row(query.format(full_name(relation.source), sql.Identifier(column.name)))["nulls"]
        if nulls:
            raise NullWatermark(
                f"{spec.table_name}: {nulls} rows have NULL in watermark column {column.name!r} and would be left out; "
                "fill them and make the column NOT NULL, or use xmin or full_snapshot"
            )


def _check_sequence(aurora: Aurora, spec: TableSpec, relation: Relation) -> None:
    for row in aurora.rows(_DISORDERLY_SEQUENCES, {"oid": relation.oid, "column": spec.watermarks[0]}):
        faults = {
            "counts down": row["down"],
            "begins anew at its end (CYCLE)": row["cycles"],
            f"hands out {row['cache']} at a time (run ALTER SEQUENCE {row['name']} CACHE 1)": row["cache"] > 1,
        }
        raise InvalidConfiguration(
            f"{spec.table_name}: watermark_col {spec.watermarks[0]!r} takes its values from sequence {row['name']}, "
            f"which {' and '.join(fault for fault, found in faults.items() if found)}, so later rows may get lower "
            "values; change that, or use timestamp or xmin"
        )
