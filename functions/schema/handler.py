"""Schema: makes a table's Snowflake objects, brings them to Aurora's columns, or stops the table before any export."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.schema.drift import Sides
from functions.schema.final import final_columns, has_final
from functions.schema.objects import align, make, rules_for
from functions.shared.aurora import session as aurora
from functions.shared.aurora.catalog import Relation, read_relation
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import TableSpec, spec_of
from functions.shared.ground.observability import Event, step
from functions.shared.ground.settings import settings
from functions.shared.snowflake import session as warehouse
from functions.shared.snowflake.rules import read_rules
from functions.shared.snowflake.statements import MergeRules, TableObjects


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
    # Another execution could find other columns: the pipe must not be left with those of the slower of the two.
    with aurora.speaking_of(name), source.alone(name):
        relation = read_relation(source, spec)
        rules, notes = _follow(spec, relation, bounds)
    note = "; ".join(part for part in (bounds.note, *notes) if part)
    return {"schema": rules.to_json(), "bounds": bounds.model_copy(update={"note": note}).to_event()}


def _follow(spec: TableSpec, relation: Relation, bounds: Bounds) -> tuple[MergeRules, list[str]]:
    """Makes or aligns the table's Snowflake objects; returns the rules and what is to be said."""
    present = rules_for(spec, relation, relation.columns)
    objects = TableObjects(settings().snowflake_database, spec.source)
    target = warehouse.connect(spec.table_name)
    with warehouse.speaking_of(spec.table_name):
        known = read_rules(target, objects)
        if known and (bounds.target_exists or has_final(target, objects)):
            sides = Sides(objects, known, present, final_columns(target, objects), bounds.recreated, bounds.complete)
            return align(target, spec, relation, sides)
        rules = make(target, objects, spec, relation, known, present)
        return rules, ["FINAL was gone: made anew and reloaded"] if known else []
