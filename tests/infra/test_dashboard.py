"""The dashboard: metrics that are written, tables that need no deployment, costs by what AWS bills."""

import json
import re
from typing import Any

import pytest

from functions.shared.metrics import METRICS
from infra.functions import FUNCTIONS
from tests.infra.synthesis import Synthesized, synthesize_stack

SEARCH = re.compile(
    r"SEARCH\('\{\"([^\"]+)\",service,table\} MetricName=\"(\w+)\" AND service=\"([\w-]+)\"', '\w+', 300\)"
)


def widgets(stack: Synthesized) -> list[dict[str, Any]]:
    [dashboard] = stack.of_type("AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == stack.settings.stack_name
    body: list[dict[str, Any]] = json.loads(stack.text(dashboard["DashboardBody"]))["widgets"]
    return body


def searches(stack: Synthesized) -> set[tuple[str, str, str]]:
    found = [SEARCH.fullmatch(text) for text in _expressions(stack) if text.startswith("SEARCH")]
    assert all(found), "every search has this form"
    return {(match[1], match[2], match[3]) for match in found if match}


def _expressions(stack: Synthesized) -> list[str]:
    metrics = [metric for widget in widgets(stack) for metric in widget["properties"].get("metrics", [])]
    return [
        part["expression"] for metric in metrics for part in metric if isinstance(part, dict) and "expression" in part
    ]


def test_lines_are_searched_by_table_so_that_a_new_one_needs_no_deployment() -> None:
    found = searches(synthesize_stack(stack_name="other"))
    assert {namespace for namespace, _, _ in found} == {"other"}
    assert {name for _, name, _ in found} >= {
        *("Staleness", "WatermarkDrift", "FenceLag", "RowsExported", "RowsMerged", "RowsQuarantined"),
        *("LedgerMismatches", "SampleMismatches", "LoadFailures", "RunSeconds", "ExportSeconds", "RowsHeld"),
    }


def test_each_line_is_of_a_metric_that_this_function_writes(stack: Synthesized) -> None:
    written = {(listed.name, step.replace("_", "-")) for listed in METRICS for step in listed.steps}
    assert {(name, service) for _, name, service in searches(stack)} <= written


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name)
def test_the_cost_of_a_function_is_its_duration_times_its_memory(stack: Synthesized, spec: Any) -> None:
    lines = [metric for widget in widgets(stack) for metric in widget["properties"].get("metrics", [])]
    own = f"aurora-snowflake-sync-{spec.dashed}"
    [number] = [
        index for index, line in enumerate(lines) if isinstance(line[-1], dict) and line[-1].get("label") == own
    ]
    expression, duration = lines[number][-1]["expression"], lines[number + 1]
    assert expression == f"{duration[-1]['id']} / 1000 * {spec.memory / 1024}"
    assert duration[:4] == ["AWS/Lambda", "Duration", "FunctionName", own]
    assert (duration[-1]["stat"], duration[-1]["visible"]) == ("Sum", False)


def test_every_alarm_is_on_it(stack: Synthesized) -> None:
    [shown] = [widget["properties"]["alarms"] for widget in widgets(stack) if widget["type"] == "alarm"]
    assert len(shown) == len(stack.of_type("AWS::CloudWatch::Alarm"))


def test_executions_queues_and_transitions_are_on_it(stack: Synthesized) -> None:
    names = {
        metric[1]
        for widget in widgets(stack)
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], str)
    }
    assert names >= {
        *("ExecutionsStarted", "ExecutionsFailed", "ExecutionTime", "ConsumedCapacity"),
        "ApproximateNumberOfMessagesVisible",
    }
