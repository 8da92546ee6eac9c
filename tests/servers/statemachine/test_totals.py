"""What a table's result counts, whichever wave and step it ends in: the definition's own states on the laptop's AWS,
between steps that only make numbers up."""

from collections.abc import Callable
from typing import Any

import pytest

from local.aws.server import Aws
from tests.servers.statemachine.branch import STEPS, branch_with
from tests.support.contexts import ROOT
from tests.support.workflows import machine, run

# Wave n exports 10 n rows in two slices. A table's specification says in which step of which wave it fails.
CODE = """
from functions.shared.contract.result import Result
from functions.shared.contract.traits import DEFAULT

class Broken(Exception): pass

def step(work):
    def handler(event, _context):
        wave = event["bounds"]["wave"] if "slice" in event else event.get("result", {}).get("waves", 0) + 1
        if event["table"]["spec"]["fails"] == [work.__name__, wave]:
            raise Broken("it broke")
        return work(event, wave)
    work.__globals__["handle_" + work.__name__] = handler

@step
def watermark(event, wave):
    status, more = event["table"]["spec"]["ends"].get(str(wave), ["NEW", True])
    bounds = {"status": status, "more": more, "wave": wave, "target": "T", "started_at": 0, "slices": [{}, {}]}
    return {"bounds": bounds}

@step
def replay(event, wave):
    bounds = {"status": "NEW", "more": False, "target": "T", "started_at": 0}
    return {"bounds": bounds, "batch": {"rows": 10}, "load": {"status": "LOADED", "loaded": 10}}

@step
def schema(event, wave):
    return {"schema": {}}

@step
def export(event, wave):
    return {"rows": 5 * wave, "bytes": 1, "files": [], "wait_seconds": 1}

@step
def await_load(event, wave):
    return {"load": {"status": "LOADED", "loaded": 10 * wave}}

@step
def merge(event, wave):
    rows = event["batch"]["rows"]
    counts = {"merged": rows - 4, "duplicates": 1, "quarantined": 2, "held": wave, "deleted": 7}
    columns = {"DAY": 2} if wave == 1 else {"DAY": 1, "AMOUNT": 1}
    ledger = {"exported": rows, "loaded": rows, **counts}
    return {"merge": {"status": "MERGED", "ledger": ledger, "quarantined_columns": columns}}

@step
def reconcile(event, wave):
    columns = event["merge"]["quarantined_columns"]
    found = {**event["merge"]["ledger"], "sampled": 1, "note": "", "quarantined_columns": columns, "drift": None}
    found |= {"table_name": "t", "strategy": DEFAULT, "target": "T", "batch_id": "b"}
    found["full_refresh"] = "reloads" in event["table"]
    earlier = Result(**event["result"]) if "result" in event else None
    return {"result": Result(**found).after(earlier).model_dump()}

def handle_clear_full_refresh(event, _context):
    [table] = event["tables"]
    if table["digest"] == "refused":
        raise Broken("it broke")
    return {"cleared": [table["table_name"]]}
"""
TERMS = ("exported", "loaded", "merged", "duplicates", "quarantined", "deleted", "held")
NOTHING = (0, 0, 0, 0, 0, 0, 0)
FIRST = (10, 10, 6, 1, 2, 7, 1)
BOTH = (30, 30, 22, 2, 4, 14, 2)
DAYS, DAYS_AND_AMOUNTS = {"DAY": 2}, {"DAY": 3, "AMOUNT": 1}

Sync = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def sync(aws: Aws) -> Sync:
    """Runs one table by the branch of the definition that every table runs by; returns its result."""
    code = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{CODE}"
    branch = branch_with(aws, dict.fromkeys((*STEPS, "clear_full_refresh"), code), "dead-letters")
    arn = machine(aws, branch["States"], branch["StartAt"])

    def synced(fails: tuple[str, int] | None = None, ends: Any = None, **table: Any) -> dict[str, Any]:
        spec = {"fails": fails, "ends": ends or {}}
        ran = run(aws, arn, {"table": {"table_name": "t", "spec": spec, **table}, "execution": "e"})
        assert ran.status == "SUCCEEDED", ran
        result: dict[str, Any] = ran.output
        return result

    return synced


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result.get(term, 0) for term in TERMS)


@pytest.mark.parametrize(
    ("fails", "counted", "columns"),
    [
        (("watermark", 1), NOTHING, {}),
        (("export", 1), NOTHING, {}),
        (("await_load", 1), (10, *NOTHING[1:]), {}),
        (("merge", 1), (10, *NOTHING[1:]), {}),
        (("reconcile", 1), FIRST, DAYS),
        (("watermark", 2), FIRST, DAYS),
        (("schema", 2), FIRST, DAYS),
        (("export", 2), FIRST, DAYS),
        (("merge", 2), (30, *FIRST[1:]), DAYS),
        (("reconcile", 2), BOTH, DAYS_AND_AMOUNTS),
        (("export", 3), BOTH, DAYS_AND_AMOUNTS),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) and isinstance(value[0], str) else "",
)
def test_a_table_that_failed_counts_what_was_merged_before(
    sync: Sync, fails: tuple[str, int], counted: tuple[int, ...], columns: dict[str, int]
) -> None:
    result = sync(fails)
    assert (result["status"], result["error"]) == ("FAILED", "Broken: it broke")
    assert counts(result) == counted
    assert result.get("quarantined_columns", {}) == columns


@pytest.mark.parametrize("ends", [{"2": ["NEW", False]}, {"3": ["IDLE", False]}], ids=["new", "idle"])
def test_a_table_that_loaded_counts_all_its_waves(sync: Sync, ends: dict[str, Any]) -> None:
    result = sync(ends=ends)
    assert (result["status"], result["waves"], result["sampled"]) == ("LOADED", 2, 2)
    assert counts(result) == BOTH
    assert result["quarantined_columns"] == DAYS_AND_AMOUNTS


@pytest.mark.parametrize("ends", [{"2": ["NEW", False]}, {"3": ["IDLE", False]}], ids=["new", "idle"])
@pytest.mark.parametrize(("digest", "status"), [("d", "LOADED"), ("refused", "FAILED")])
def test_a_reloaded_table_clears_its_own_flag_and_counts_its_waves_once(
    sync: Sync, ends: dict[str, Any], digest: str, status: str
) -> None:
    result = sync(ends=ends, digest=digest, reloads=True)
    assert (result["status"], counts(result)) == (status, BOTH)


def test_a_replay_that_failed_after_its_merge_counts_it(sync: Sync) -> None:
    result = sync(("reconcile", 1), replay=True)
    assert (result["status"], counts(result), result["quarantined_columns"]) == ("FAILED", FIRST, DAYS)
