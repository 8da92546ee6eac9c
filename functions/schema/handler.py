"""Schema: makes a table's Snowflake objects or changes them to Aurora's columns, before any export."""

from pydantic import Field

from functions.schema.drift import Sides
from functions.schema.final import final_columns
from functions.schema.objects import align, make, rules_for
from functions.shared.aurora.catalog import Relation, read_relation
from functions.shared.aurora.session import aurora_session
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.contract.state import Rules, Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import SchemaMismatch
from functions.shared.ground.observability import step
from functions.shared.snowflake.objects import table_objects
from functions.shared.snowflake.session import snowflake_session
from functions.shared.snowflake.tables import read_rules


class Input(Wire):
    """The table, and the bounds of this run."""

    table: Table
    bounds: Bounds


class Output(Wire):
    """The columns to export, in the file's order, and how a batch of them is merged; the bounds with their note."""

    rules: Rules = Field(validation_alias="schema", serialization_alias="schema")
    bounds: Bounds


@step
def handler(given: Input) -> Output:
    """Raises SchemaMismatch or InvalidConfiguration."""
    spec, bounds = given.table.specification(), given.bounds
    name = spec.table_name
    # Two executions may read different columns: without the lock the pipe could keep those of the slower one.
    with (
        aurora_session(name) as aurora,
        aurora.advisory_lock(name),  # guard: two-executions-evolve-one-table
    ):
        relation = read_relation(aurora, spec)
        rules, notes = _follow(spec, relation, bounds)
    note = "; ".join(part for part in (bounds.note, *notes) if part)
    return Output(rules=rules, bounds=bounds.model_copy(update={"note": note}))


def _follow(spec: TableSpec, relation: Relation, bounds: Bounds) -> tuple[MergeRules, list[str]]:
    """Makes or aligns the table's Snowflake objects; returns the rules and notes for the result."""
    present = rules_for(spec, relation, relation.columns)
    objects = table_objects(spec.source)
    with snowflake_session(spec.table_name) as snowflake:
        known = read_rules(snowflake, objects)
        # Asked anew: another execution may have made FINAL since this one's bounds were resolved.
        final = final_columns(snowflake, objects) if known else None
        if known and final is None and bounds.target_exists:  # guard: final-dropped-under-a-run
            raise SchemaMismatch(
                f"{spec.table_name}: FINAL was dropped after this run had read how far it goes; re-run the table, "
                "which makes it again and reloads it"
            )
        if known and final is not None:
            sides = Sides(objects, known, present, final, bounds.recreated, bounds.complete)
            return align(snowflake, spec, relation, sides)
        rules = make(snowflake, objects, spec, relation, known, present)
        return rules, ["FINAL was gone: made again and reloaded"] if known else []
