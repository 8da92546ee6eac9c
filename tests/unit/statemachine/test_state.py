"""The definition's expressions against the models of what travels: every field that they read exists, and evaluates."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from ministack.services import stepfunctions as sfn
from pydantic import BaseModel

from functions.shared.contract.batch import Batch, ExportedFile
from functions.shared.contract.result import Ledger, Result
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.state import Ended, Execution, Failure, Load, Merged, Merging, Part, State, Table
from functions.shared.contract.watermark import Progress, Watermark
from tests.support.batches import KEYED
from tests.support.bounds import bounds_of
from tests.support.definition import filled
from tests.support.expressions import Expression, expressions, inputs_of

DEFINITION = filled()
BRANCH = DEFINITION["States"]["Each table"]["ItemProcessor"]
# What each step's function reads and adds are parts of State; these speak to the whole execution.
OF_THE_EXECUTION = {"config", "progress", "maintain", "clear_full_refresh"}
STEPS = ("watermark", "schema", "export", "await_load", "merge", "reconcile", "replay")


PROGRESS = {"public.t": Progress(low="2026-01-01", version=7, last=Watermark(reads="column at", rows=1))}


def model_of(state: str) -> type[BaseModel]:
    return Execution if state in DEFINITION["States"] else State


def fields_below(annotation: Any) -> Iterator[Any]:
    """The models, or the mapping, whose fields a value of this annotation has; a list stands for its items."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from fields_below(part)
    elif origin in (list, Annotated):
        yield from fields_below(get_args(annotation)[0])
    elif origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield annotation


def has(annotation: Any, path: tuple[str, ...]) -> bool:
    """Whether a value of this annotation can have what the path names."""
    if not path:
        return True
    for below in fields_below(annotation):
        if get_origin(below) is dict:
            if has(get_args(below)[1], path[1:]):
                return True
        elif issubclass(below, BaseModel):
            named = {field.serialization_alias or name: field.annotation for name, field in below.model_fields.items()}
            if path[0] in named and has(named[path[0]], path[1:]):
                return True
    return False


@pytest.mark.parametrize("state", sorted(inputs_of(DEFINITION)))
def test_every_field_that_an_expression_reads_is_one_of_the_model(state: str) -> None:
    read = inputs_of(DEFINITION)[state]
    # Tables and results are lists: the definition reads their items' fields by the path of the list.
    assert sorted(path for path in read if not has(model_of(state), path)) == []


@pytest.mark.parametrize(
    "path", [("loda",), ("load", "statsu"), ("merge", "ledger", "helt"), ("bounds", "slices", "mid")]
)
def test_a_field_that_no_model_has_is_found(path: tuple[str, ...]) -> None:
    assert not has(State, path)


def whole(status: str = "NEW", merge: Merged | Merging | None = None, **bounds: Any) -> dict[str, Any]:
    """A table's state with every part, as it travels."""
    ledger = Ledger(exported=9, loaded=9, merged=5, duplicates=1, quarantined=2, held=1, deleted=3)
    result = Result(
        table_name="public.t", strategy="timestamp", target="T", **ledger.model_dump(), quarantined_columns={"A": 2},
        drift=0.5, sampled=3, full_refresh=True, batch_id="b", note="",
    )  # fmt: skip
    state = State(
        table=Table(table_name="public.t", spec={"table_name": "public.t"}, digest="d"),
        execution="e",
        bounds=bounds_of(high="2026-01-01", status=status, **bounds),
        rules=KEYED,
        batch=Batch(id="b", rows=9, bytes=1, files=[ExportedFile(name="f", version=1)]),
        load=Load(),
        merge=merge or Merged(ledger=ledger, quarantined_columns={"A": 2}),
        result=result,
        failure=Failure(state="Merge", error="MergeFailed", message="public.t: it failed"),
    )
    return state.model_dump(mode="json", by_alias=True)


def execution() -> dict[str, Any]:
    ended = [
        Ended(table_name="a", status="LOADED", merged=1),
        Ended(table_name="b", status="FAILED", error="x"),
    ]
    tables = [Table(table_name=name, spec={}, digest="d") for name in ("a", "b")]
    told = Execution(tables=tables, attempt=1, progress=PROGRESS, results=ended)
    return told.model_dump(mode="json", by_alias=True)


PART = Part(rows=1, bytes=2, files=[ExportedFile(name="f", version=1)], wait_seconds=3).model_dump(mode="json")
CONTEXT = {
    "Execution": {"Id": "arn:e", "Name": "e", "RedriveCount": 2},
    "State": {"Name": "Merge"},
    "variables": {"holder": "arn:h", "holder_status": "RUNNING"},
    "Map": {"Item": {"Value": {"table_name": "public.t"}, "Index": 0}},
}
FAILED = {"Error": "MergeFailed", "Cause": json.dumps({"errorMessage": "public.t: it failed"})}
RESULTS: Mapping[str, Any] = {
    "Export": [PART, PART],
    "Each table": execution()["results"],
    "Config": {"Payload": execution()},
    "Look at holder": {"Status": "RUNNING"},
    "Progress": {"Payload": {"progress": execution()["progress"]}},
}


def evaluated(expression: Expression) -> Any:
    merge = Merging(run="q", wait_seconds=5) if expression.state == "Wait for merge" else None
    given = execution() if expression.state in DEFINITION["States"] else whole(merge=merge)
    result = RESULTS.get(expression.state, {"Payload": {"load": given.get("load")}})
    text = "{% " + expression.text + " %}"
    return sfn._apply_jsonata_template(text, given, CONTEXT, result=result, error_output=FAILED)


@pytest.mark.parametrize("expression", list(expressions(DEFINITION)), ids=lambda one: f"{one.state}.{one.place}")
def test_every_expression_evaluates_on_what_the_models_make(expression: Expression) -> None:
    value = evaluated(expression)
    if expression.place.endswith("Condition"):
        assert isinstance(value, bool)
    elif expression.place not in {"Output.replay"}:
        assert value is not None


def child_of(state: dict[str, Any]) -> Any:
    """What a table's child gets of the execution's state."""
    return sfn._apply_jsonata_template(DEFINITION["States"]["Each table"]["ItemSelector"], state, CONTEXT)


def test_a_table_is_given_its_own_progress() -> None:
    assert State.model_validate(child_of(execution())).progress == PROGRESS["public.t"]


@pytest.mark.parametrize("found", [{}, {"public.other": {"low": "1"}}])
def test_a_table_without_progress_has_none(found: dict[str, Any]) -> None:
    given = {**execution(), "progress": found}
    for state in (given, {name: part for name, part in given.items() if name != "progress"}):
        assert child_of(state) == {"table": {"table_name": "public.t"}, "execution": "e", "progress": None}


def test_after_watermark_there_is_no_progress() -> None:
    [expression] = [one for one in expressions(DEFINITION) if (one.state, one.place) == ("Watermark", "Output")]
    given = {**child_of(execution()), "result": None}
    text = "{% " + expression.text + " %}"
    made = sfn._apply_jsonata_template(
        text, given, CONTEXT, result={"Payload": {"bounds": {"status": "IDLE", "held": 0}}}
    )
    assert made == {
        "table": given["table"],
        "execution": "e",
        "result": None,
        "bounds": {"status": "IDLE", "held": 0},
    }


def test_tables_run_without_progress_where_it_cannot_be_read() -> None:
    state = DEFINITION["States"]["Progress"]
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "Each table"}]
    assert state["Next"] == "Each table"


def test_the_batch_that_the_definition_makes_of_the_slices_is_the_model() -> None:
    [expression] = [one for one in expressions(DEFINITION) if (one.state, one.place) == ("Export", "Output")]
    made = State.model_validate(evaluated(expression))
    assert made.batch
    assert (made.batch.rows, made.batch.bytes, len(made.batch.files)) == (2, 4, 2)
    assert made.load == Load(since=made.load.since, wait_seconds=3) if made.load else False


@pytest.mark.parametrize("state", ["Idle", "Loaded", "Failed"])
def test_what_a_child_tells_its_parent_is_the_model(state: str) -> None:
    [expression] = [one for one in expressions(DEFINITION) if (one.state, one.place) == (state, "Output")]
    assert Ended.model_validate(evaluated(expression)).table_name == "public.t"


def hints(step: str) -> tuple[type[BaseModel], type[BaseModel]]:
    """What the step's function reads, and what it adds."""
    handler = import_module(f"functions.{step}.handler").handler
    found = dict(get_type_hints(handler, include_extras=True))
    added = found.pop("return")
    [read] = found.values()
    return read, added


def parts(model: type[BaseModel]) -> dict[str, set[type]]:
    """The model's fields by their names on the wire, with the classes that they can be, None aside."""
    return {
        field.serialization_alias or name: set(classes(field.annotation)) for name, field in model.model_fields.items()
    }


def classes(annotation: Any) -> Iterator[type]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from classes(part)
    elif origin is Annotated:
        yield from classes(get_args(annotation)[0])
    elif origin is Literal:
        yield str
    elif annotation is not type(None):
        yield annotation


@pytest.mark.parametrize("step", STEPS)
def test_a_step_reads_and_adds_parts_of_the_state(step: str) -> None:
    known = parts(State)
    read, added = hints(step)
    for name, kinds in (parts(read) | (parts(added) if added is not Part else {})).items():
        assert kinds <= known[name], f"{step}: {name}"


@pytest.mark.parametrize("step", sorted(OF_THE_EXECUTION))
def test_the_steps_of_the_whole_execution_are_not_those_of_a_table(step: str) -> None:
    assert "table" not in hints(step)[0].model_fields


def test_rules_survive_the_way() -> None:
    state = State.model_validate(json.loads(json.dumps(whole())))
    assert isinstance(state.rules, MergeRules)
    assert state.rules == KEYED
