"""Schema: makes a new table's Snowflake objects, and stops a changed table before anything is exported."""

from collections.abc import Sequence

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.schema.registry import read_rules, record_rules, refuse_drift, refuse_unusable_names
from functions.shared import aurora, warehouse
from functions.shared.bounds import Bounds
from functions.shared.catalog import Relation, read_relation
from functions.shared.columns import Column
from functions.shared.observability import Event, logger, step
from functions.shared.settings import settings
from functions.shared.spec import TableSpec, spec_of
from functions.shared.warehouse import Warehouse
from functions.shared.warehouse_sql import MergeRules, TableObjects, table_statements


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"schema": MergeRules as JSON}: the columns to export, in order, and how a batch of them is merged.

    Raises SchemaMismatch or InvalidConfiguration.
    """
    spec = spec_of(event["table"])
    bounds = Bounds.model_validate(event["bounds"])
    name = spec.table_name
    source = aurora.connect(name)
    with aurora.speaking_of(name):
        relation = read_relation(source, spec)
    rules = _rules(spec, relation)
    refuse_unusable_names(name, rules.columns, rules.soft_deletes)
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(name)
    with warehouse.speaking_of(name):
        known = read_rules(target, objects)
        if known and bounds.target_exists:
            refuse_drift(name, known, rules)
            return {"schema": _known_order(known.columns, rules).to_json()}
        _make(target, objects, relation, rules, replace=known is not None and known.columns != rules.columns)
    return {"schema": rules.to_json()}


def _rules(spec: TableSpec, relation: Relation) -> MergeRules:
    soft = spec.watermark_type == "full_snapshot" and spec.deletes == "soft" and bool(relation.key)
    watermark = relation.column(spec.watermarks[0]) if spec.watermarks else None
    return MergeRules(relation.columns, [relation.column(name) for name in relation.key], watermark, soft)


def _known_order(known: Sequence[Column], rules: MergeRules) -> MergeRules:
    """The same columns in the order that STAGING and the pipe were made with."""
    present = {column.name: column for column in rules.columns}
    return MergeRules([present[column.name] for column in known], rules.key, rules.watermark, rules.soft_deletes)


def _make(target: Warehouse, objects: TableObjects, relation: Relation, rules: MergeRules, replace: bool) -> None:
    for statement in table_statements(objects, rules, replace):
        target.execute(statement)
    record_rules(target, objects, relation.oid, rules)
    logger.info("Made the table's Snowflake objects", extra={"final": objects.final})
