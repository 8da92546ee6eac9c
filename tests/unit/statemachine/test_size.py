"""How many tables an execution takes: its data is 256 KiB at most, measured by the definition's own expressions."""

import json
import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonata
import pytest
from ministack.services import stepfunctions as sfn

from functions.config.handler import _MOST_BYTES, _RESULT_BYTES
from functions.shared.contract.specifications import Parameter, collect
from local.aws.workflow.execution import MAX_STATE_DATA_BYTES
from tests.support.contexts import ROOT
from tests.support.definition import STATES

DEFINITION = dict(STATES)
CONTEXT = {"Execution": {"Id": "arn:aws:states:eu-central-1:123456789012:execution:s:e", "RedriveCount": 0}}
OUTAGE = "public.t: Aurora could not be reached from the subnets subnet-0a1b2c3d4e5f67890: timeout expired; " * 5
BOUNDS = {"strategy": "timestamp", "target": "AURORA.FINAL.X", "held": 0, "started_at": time.time() * 1000 - 61_500}
ROWS = 1_234_567


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured is the size: ministack's limit of a second per expression would make a busy machine fail."""
    compiled = jsonata.Jsonata.jsonata
    monkeypatch.setattr(jsonata.Jsonata, "jsonata", lambda expression, **_: compiled(expression))


def name_of(number: int) -> str:
    """A name of 30 characters."""
    return f"commerce.customer_orders_{number:05}"


def evaluated(template: Any, data: Any, result: Any = None) -> Any:
    return sfn._apply_jsonata_template(template, data, CONTEXT, result=result)


def tables(count: int, **keys: Any) -> list[dict[str, Any]]:
    """What Config tells of so many tables."""
    specs = [{"table_name": name_of(one), "watermark_col": "updated_at", **keys} for one in range(count)]
    return [entry.to_table().model_dump() for entry in collect([Parameter("/p/tables", json.dumps(specs), 1)], "/p")]


def idle(table: dict[str, Any]) -> Any:
    note = "no row is newer than the last version in FINAL, 2026-01-01 00:00:00+00"
    return evaluated(DEFINITION["Idle"]["Output"], {"table": table, "bounds": {**BOUNDS, "note": note}})


def busy(table: dict[str, Any]) -> Any:
    holder = f"arn:aws:states:ap-southeast-1:123456789012:execution:{'s' * 45}/EachTable:{'5f3e' * 9}"
    output = DEFINITION["Busy"]["Output"]
    return sfn._apply_jsonata_template(output, {"table": table}, {**CONTEXT, "variables": {"holder": holder}})


def loaded(table: dict[str, Any]) -> Any:
    counts = dict.fromkeys(("exported", "loaded", "merged"), ROWS)
    nothing = dict.fromkeys(("duplicates", "quarantined", "held", "deleted"), 0)
    result = {"table_name": table["table_name"], "strategy": "timestamp", "target": "AURORA.FINAL.X"}
    result |= {**counts, **nothing, "quarantined_columns": {}, "drift": 0.0, "sampled": 100, "waves": 1}
    result |= {"full_refresh": False, "batch_id": "5f3e" * 9, "note": ""}
    return evaluated(DEFINITION["Loaded"]["Output"], {"table": table, "bounds": BOUNDS, "result": result})


def failed(table: dict[str, Any], message: str = OUTAGE) -> Any:
    failure = {"state": "Watermark", "error": "SourceUnavailable", "message": message}
    return evaluated(DEFINITION["Failed"]["Output"], {"table": table, "bounds": BOUNDS, "failure": failure})


def failed_in_merge(table: dict[str, Any]) -> Any:
    failure = {"state": "Merge", "error": "WarehouseUnavailable", "message": OUTAGE}
    data = {"table": table, "bounds": BOUNDS, "batch": {"rows": ROWS}, "failure": failure}
    return evaluated(DEFINITION["Failed"]["Output"], data)


def brief(end: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """The same end in an execution of very many tables."""
    return lambda table: end({**table, "brief": True})


ENDS = [idle, busy, loaded, failed, failed_in_merge]


def size(data: Any) -> int:
    return len(json.dumps(data).encode())


def heard(given: list[dict[str, Any]], results: list[Any]) -> Any:
    """What the parent knows once all children have ended."""
    data = {"tables": given, "replay": False, "attempt": 0}
    return evaluated(DEFINITION["Each table"]["Output"], data, results)


def again(told: Any) -> Any:
    """What a redrive runs."""
    return evaluated(DEFINITION["Redrive to retry failed tables"]["Choices"][0]["Output"], told)


def all_ended(given: list[dict[str, Any]], end: Callable[[dict[str, Any]], Any]) -> list[Any]:
    """The results of all tables: the first one's, under each table's name."""
    first = end(given[0])
    return [{**first, "table_name": table["table_name"]} for table in given]


def largest(count: int, end: Callable[[dict[str, Any]], Any]) -> int:
    """Bytes of the parent's largest data, whichever state has it, when all tables end in one way."""
    given = tables(count)
    results = all_ended(given, end)
    told = heard(given, results)
    return max(map(size, [{"tables": given, "replay": False, "attempt": 0}, results, told, again(told)]))


@cache
def most_tables() -> int:
    """How many tables Config lets pass."""
    count = 100
    while size({"tables": tables(count), "replay": False, "cluster": "c" * 40, "brief": True}) <= _MOST_BYTES:
        count += 20
    return count - 20


def documented() -> int:
    [told] = re.findall(r"takes about (\d+) tables", (ROOT / "docs" / "limits.md").read_text())
    return int(told)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_the_documented_number_of_tables_fits_however_they_end(end: Callable[[dict[str, Any]], Any]) -> None:
    assert largest(documented(), end) <= MAX_STATE_DATA_BYTES


def test_the_documented_number_is_near_the_limit() -> None:
    assert largest(documented() * 12 // 10, failed_in_merge) > MAX_STATE_DATA_BYTES


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_as_many_tables_as_config_lets_pass_fit_however_they_end(end: Callable[[dict[str, Any]], Any]) -> None:
    count = most_tables()
    assert count > documented() * 3 // 2
    assert largest(count, brief(end)) <= MAX_STATE_DATA_BYTES


def test_as_many_tables_as_config_lets_pass_fit_if_every_child_dies() -> None:
    given = tables(most_tables())
    data = {"tables": given, "replay": False, "attempt": 0, "brief": True}
    assert size(evaluated(DEFINITION["Each table"]["Output"], data, [])) <= MAX_STATE_DATA_BYTES


def test_results_are_brief_where_the_whole_ones_would_not_fit() -> None:
    """Config must ask for brief results before the largest ones overflow."""
    whole = max(size(all_ended(tables(documented()), end)) for end in ENDS) / documented() - len(name_of(0))
    assert whole <= _RESULT_BYTES


def test_a_long_error_is_cut_and_a_short_one_is_not() -> None:
    [table] = tables(1)
    long, short = (failed(table, message)["error"] for message in (OUTAGE, "gone"))
    assert (len(long), long[-3:], short) == (150, "...", "SourceUnavailable: gone")


def test_a_table_that_quarantined_in_many_columns_names_five() -> None:
    waves = {f"COLUMN_{one}": one + 1 for one in range(500)}
    data = {"bounds": BOUNDS, "result": {"table_name": "t", "quarantined_columns": waves}}
    told = evaluated(DEFINITION["Loaded"]["Output"], data)
    assert told["quarantined_columns"] == {f"COLUMN_{one}": one + 1 for one in range(5)}


def test_a_redrive_runs_what_failed_or_died() -> None:
    given = tables(5)
    told = heard(given, [idle(given[0]), loaded(given[1]), failed(given[2]), busy(given[3])])
    assert [one["status"] for one in told["results"]] == ["IDLE", "LOADED", "FAILED", "BUSY", "FAILED"]
    assert told["results"][4]["error"].startswith("States.Runtime: the child execution failed before")
    assert again(told) == {"tables": [name_of(2), name_of(4)], "replay": False}


def test_what_step_functions_tells_of_a_dead_child_is_no_result() -> None:
    given = tables(3)
    dead = {"ExecutionArn": "arn:x", "Status": "FAILED", "Error": "States.Runtime", "Input": json.dumps(given[1])}
    told = heard(given, [loaded(given[0]), dead, loaded(given[2])])
    assert [one["status"] for one in told["results"]] == ["LOADED", "LOADED", "FAILED"]
    assert again(told)["tables"] == [name_of(1)]


def test_children_that_all_died_are_all_told() -> None:
    told = heard(tables(3), [])
    assert [one["table_name"] for one in told["results"]] == again(told)["tables"] == [name_of(one) for one in range(3)]


@pytest.mark.parametrize(
    ("results", "failures"),
    [([idle], False), ([loaded, busy], False), ([failed], True), ([busy, failed, idle], True)],
    ids=lambda value: "-".join(one.__name__ for one in value) if isinstance(value, list) else "",
)
def test_the_execution_fails_only_where_a_table_failed(
    results: list[Callable[[dict[str, Any]], Any]], failures: bool
) -> None:
    given = tables(len(results))
    told = heard(given, [end(table) for end, table in zip(results, given, strict=True)])
    assert evaluated(DEFINITION["Any failures?"]["Choices"][0]["Condition"], told) is not failures


@pytest.mark.parametrize(("count", "more"), [(1, 0), (2, 0), (100, 0), (101, 1), (1000, 900)])
def test_a_message_names_a_hundred_failures_and_counts_the_rest(count: int, more: int) -> None:
    given = tables(count)
    told = heard(given, all_ended(given, failed))
    arguments = DEFINITION["Publish summary"]["Arguments"]
    message, subject = (evaluated(arguments[key], told) for key in ("Message", "Subject"))
    assert subject == f"{count} of {count} tables failed to sync"
    assert message.count("SourceUnavailable") == count - more
    assert f"{name_of(0)}: SourceUnavailable" in message
    assert (f"\n... and {more} more\n" in message) == bool(more)
    assert (" more\n" in message) == bool(more)
    assert len(message.encode()) < 64 * 1024
