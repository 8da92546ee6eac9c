"""Changes of a table's rows that no INSERT, UPDATE or DELETE makes: of partitions, by TRUNCATE, of enum labels."""

from psycopg2 import sql

from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name
from functions.shared.contract.bounds import Contents
from functions.shared.ground.errors import RowsBehindWatermark
from functions.shared.strategies.base import Run, Strategy

_CONTENTS = """
WITH RECURSIVE leaves AS (
    SELECT relid::oid AS oid, pg_relation_filenode(relid)::bigint AS file
    FROM (SELECT relid FROM pg_partition_tree(%(oid)s) UNION SELECT %(oid)s::regclass) AS parts(relid)
), types AS (
    SELECT atttypid AS oid FROM pg_attribute WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped
  UNION
    SELECT part.oid FROM types JOIN pg_type t ON t.oid = types.oid CROSS JOIN LATERAL (
        SELECT t.typbasetype UNION SELECT t.typelem UNION
        SELECT atttypid FROM pg_attribute WHERE t.typtype = 'c' AND attrelid = t.typrelid AND attnum > 0) AS part(oid)
)
SELECT (SELECT coalesce(jsonb_object_agg(oid::text, file), '{}') FROM leaves WHERE file > 0) AS storage,
       (SELECT coalesce(jsonb_object_agg(l.oid::text, l.enumlabel), '{}')
        FROM pg_enum l WHERE l.enumtypid IN (SELECT oid FROM types)) AS labels
"""
_NAMED = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY(%(oids)s::oid[])
"""
_REMEDY = "set full_refresh to copy the table as it is now, or update those rows so that the next run reads them"


def read_contents(aurora: AuroraSession, oid: int) -> Contents:
    """The files of the table's partitions, and the labels of all enums in its columns, each by its oid."""
    return Contents.model_validate(aurora.row(_CONTENTS, {"oid": oid}))


def refuse_unread(run: Run, strategy: Strategy, before: Contents, now: Contents) -> None:
    """Raises RowsBehindWatermark where there are rows behind the watermark that no run has read.

    They come with a partition that had rows when it was attached, and with ids that restarted at a TRUNCATE.
    """
    attached = [int(oid) for oid in now.storage if oid not in before.storage]
    for part in run.aurora.rows(_NAMED, {"oids": attached}) if attached else []:
        behind = strategy.behind(run)
        if behind is not None and _exists(run.aurora, sql.Identifier(part["schema"], part["name"]), behind):
            raise RowsBehindWatermark(
                f"{run.spec.table_name}: its new partition {part['schema']}.{part['name']} holds rows behind the "
                f"watermark, which no run has read; {_REMEDY}"
            )
    rewritten = any(now.storage.get(oid, file) != file for oid, file in before.storage.items())
    behind = strategy.behind_after_rewrite(run) if rewritten else None
    if behind is not None and _exists(run.aurora, full_name(run.spec.source), behind):
        raise RowsBehindWatermark(
            f"{run.spec.table_name}: it was truncated or rewritten, and rows written since then lie behind the "
            f"watermark that FINAL has reached; {_REMEDY}"
        )


def renamed(before: Contents, now: Contents) -> str:
    """A note on enum labels that were renamed after their rows were merged; empty where none was."""
    pairs = [(label, now.labels[oid]) for oid, label in before.labels.items() if now.labels.get(oid, label) != label]
    names = ", ".join(f"{old!r} is now {new!r}" for old, new in sorted(pairs))
    return f"enum label {names}: rows merged before keep the old one until a full_refresh" if names else ""


def _exists(aurora: AuroraSession, table: sql.Composable, condition: sql.Composable) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {}) AS found").format(table, condition)
    return bool(aurora.row(query)["found"])
