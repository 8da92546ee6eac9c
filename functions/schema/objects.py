"""Makes a table's Snowflake objects, and changes them when its columns have changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.schema.drift import Drift, Sides, find_drift
from functions.schema.final import is_whole, refuse_unknown_types, refuse_unusable_names
from functions.shared.aurora.catalog import Relation
from functions.shared.contract.columns import Column
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.ground.errors import SchemaMismatch
from functions.shared.ground.observability import count, logger
from functions.shared.ground.settings import settings
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.pipes import Pipe, read_pipes, superseded
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.snowflake.statements import evolve_statements, table_statements
from functions.shared.snowflake.tables import record_rules


def rules_for(spec: TableSpec, relation: Relation, columns: Sequence[Column]) -> MergeRules:
    """How batches of these columns are merged, as the first version of the table's schema."""
    soft = spec.traits.sees_deletes and spec.deletes == "soft" and bool(relation.key)
    watermark = relation.column(spec.watermarks[0]) if spec.watermarks else None
    return MergeRules(columns, [relation.column(name) for name in relation.key], watermark, soft)


def make(
    snowflake: SnowflakeSession,
    objects: TableObjects,
    spec: TableSpec,
    relation: Relation,
    known: MergeRules | None,
    present: MergeRules,
) -> MergeRules:
    """Makes the objects of a new table, or of one whose FINAL was dropped; older files are then not merged."""
    _refuse_unusable(spec.table_name, present)
    version = _next_version(known, read_pipes(snowflake, objects))
    rules = replace(present, schema_version=version, since=version, layout=version)
    again = known is not None  # guard: rows-of-a-dropped-final-in-staging
    _apply(snowflake, table_statements(objects, rules, replace=again))
    record_rules(snowflake, objects, relation.oid, rules, ["made again"] if known else [])
    logger.info("Made the table's Snowflake objects", extra={"final": objects.final})
    return rules


def align(
    snowflake: SnowflakeSession, spec: TableSpec, relation: Relation, sides: Sides
) -> tuple[MergeRules, list[str]]:
    """Changes STAGING, FINAL, view, pipe and task to Aurora's columns; returns the rules and notes for the result."""
    objects, known = sides.objects, sides.known
    ignore_new = spec.schema_changes == "ignore"
    before = [column.name for column in known.columns]
    kept = [*before, *(column.name for column in sides.needed)]
    copied = [column for column in sides.present.columns if column.name in kept or not ignore_new]
    _refuse_unusable(spec.table_name, replace(sides.present, columns=copied))
    drift = find_drift(sides, ignore_new)
    _refuse(spec, drift)
    rules = rules_for(spec, relation, drift.columns)
    _refuse_unusable(spec.table_name, rules)
    same = replace(rules, schema_version=known.schema_version, since=known.since, layout=known.layout)
    notes = _restore(snowflake, objects, known) + [
        f"column {name!r} is left out, because schema_changes is ignore" for name in drift.left_out
    ]
    pipes = read_pipes(snowflake, objects)
    if same.to_json() == known.to_json() and not drift.added and known.layout:
        _drop_superseded(snowflake, objects, pipes, known.layout)
        return same, notes
    version = _next_version(known, pipes)
    rules = replace(rules, schema_version=version, since=known.since, layout=known.layout or version)
    if drift.layout_changed:  # guard: file-of-before-a-column-was-made-anew
        rules = replace(rules, since=version)
    appended = [column for column in rules.columns if column.name not in before]
    _apply(snowflake, evolve_statements(objects, appended, drift.added, drift.widened))
    other_columns = before != [column.name for column in rules.columns]  # guard: pipe-that-lacks-a-column
    if other_columns:
        rules = replace(rules, layout=version)
    _apply(snowflake, table_statements(objects, rules))
    moved = [] if known.layout else ["its files have a folder and a pipe with their layout's version"]
    record_rules(snowflake, objects, relation.oid, rules, drift.notes + moved)
    logger.warning("The table's schema has a new version", extra={"changes": drift.notes, "schema_version": version})
    count("SchemaChanges", len(drift.notes))
    return rules, drift.notes + notes


def _next_version(known: MergeRules | None, pipes: Sequence[Pipe]) -> int:
    """A version that no pipe has: one that a step made before it ended early may have other columns."""
    made = max((pipe.layout for pipe in pipes), default=0)  # guard: pipe-of-a-step-that-ended-early
    return max(known.schema_version if known else 0, made) + 1


def _drop_superseded(snowflake: SnowflakeSession, objects: TableObjects, pipes: Sequence[Pipe], layout: int) -> None:
    load_timeout = timedelta(seconds=settings().load_timeout_seconds)
    for pipe in superseded(pipes, layout, datetime.now(UTC), load_timeout):
        snowflake.execute(f"DROP PIPE IF EXISTS {objects.pipe(pipe.layout)}")
        logger.info("Dropped the pipe of a former layout", extra={"layout": pipe.layout})


def _restore(snowflake: SnowflakeSession, objects: TableObjects, rules: MergeRules) -> list[str]:
    """Makes objects again that a person dropped; always the pipe, because its COPY is bound to the former table."""
    if is_whole(snowflake, objects, objects.pipe(rules.layout)):  # guard: object-dropped-by-a-person
        return []
    _apply(snowflake, table_statements(objects, rules, replace_pipe=True))
    return ["its STAGING table, view or pipe was gone and is made again"]


def _refuse(spec: TableSpec, drift: Drift) -> None:
    frozen = spec.schema_changes == "freeze"
    if drift.refusals:  # guard: change-that-final-cannot-follow
        # A frozen table would stop again at the column that is made again.
        thaw = " and schema_changes to evolve" if frozen else ""
        raise SchemaMismatch(
            f"{spec.table_name}: it changed in a way that FINAL cannot follow: {'; '.join(drift.refusals)}; then set "
            f"full_refresh to true{thaw} for one run, or undo the change"
        )
    if frozen and drift.notes:  # guard: change-of-a-frozen-table
        raise SchemaMismatch(
            f"{spec.table_name}: schema_changes is freeze, and it changed: {'; '.join(drift.notes)}; undo the change, "
            "or set schema_changes to evolve or ignore"
        )


def _refuse_unusable(table: str, rules: MergeRules) -> None:
    refuse_unknown_types(table, rules.columns)
    refuse_unusable_names(table, rules.columns, rules.soft_deletes)


def _apply(snowflake: SnowflakeSession, statements: Sequence[str]) -> None:
    for statement in statements:
        snowflake.execute(statement)
