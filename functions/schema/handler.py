"""Schema: makes a table's Snowflake objects, brings them to Aurora's columns, or stops the table before any export."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.schema.drift import Sides
from functions.schema.objects import align, make, rules_for
from functions.schema.registry import final_columns
from functions.shared import aurora, warehouse
from functions.shared.bounds import Bounds
from functions.shared.catalog import read_relation
from functions.shared.observability import Event, step
from functions.shared.registry import read_rules
from functions.shared.settings import settings
from functions.shared.spec import spec_of
from functions.shared.warehouse_sql import TableObjects


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"schema": MergeRules as JSON, "bounds": with what changed in their note}: the columns to export, in the
    file's order, and how a batch of them is merged.

    Raises SchemaMismatch or InvalidConfiguration.
    """
    spec = spec_of(event["table"])
    bounds = Bounds.model_validate(event["bounds"])
    name = spec.table_name
    source = aurora.connect(name)
    with aurora.speaking_of(name):
        relation = read_relation(source, spec)
    present = rules_for(spec, relation, relation.columns)
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(name)
    with warehouse.speaking_of(name):
        known = read_rules(target, objects)
        if known and bounds.target_exists:
            sides = Sides(objects, known, present, final_columns(target, objects), bounds.recreated, bounds.complete)
            rules, notes = align(target, spec, relation, sides)
        else:
            rules = make(target, objects, spec, relation, known, present)
            notes = ["FINAL was gone: made anew and reloaded"] if known else []
    note = "; ".join(part for part in (bounds.note, *notes) if part)
    return {"schema": rules.to_json(), "bounds": bounds.model_copy(update={"note": note}).to_event()}
