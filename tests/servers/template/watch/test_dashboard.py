"""The dashboard: metrics that are written, tables that need no deployment, costs by what AWS bills."""

import json
import re
from typing import Any

import pytest

from functions.shared.ground.metrics import METRICS
from infra.constructs.function_specs import FUNCTIONS
from tests.support.synthesis import Synthesized, synthesize_stack

COLUMN = re.compile(r"(?:latest|sum|max)\((\w+)\.0\) as (\w+)")


def widgets(stack: Synthesized) -> list[dict[str, Any]]:
    [dashboard] = stack.of_type("AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == stack.settings.stack_name
    body: list[dict[str, Any]] = json.loads(stack.text(dashboard["DashboardBody"]))["widgets"]
    return body


def queries(stack: Synthesized) -> dict[str, str]:
    """Logs Insights' queries by the folder of the function whose log they read."""
    found = [widget["properties"]["query"] for widget in widgets(stack) if widget["type"] == "log"]
    made = {}
    for query in found:
        source, _, rest = query.partition(" | ")
        match = re.fullmatch(rf"SOURCE '/aws/lambda/{stack.settings.stack_name}-([\w-]+)'", source)
        assert match, source
        made[match[1]] = rest
    assert len(made) == len(found)
    return made


def lines(stack: Synthesized) -> set[tuple[str, str]]:
    """Service and name of the functions' metrics that are drawn over all tables."""
    drawn = [metric for widget in widgets(stack) for metric in widget["properties"].get("metrics", [])]
    return {(line[3], line[1]) for line in drawn if line[0] == stack.settings.stack_name}


def test_tables_are_grouped_from_the_logs_so_that_a_new_one_needs_no_deployment_and_no_metric() -> None:
    found = queries(synthesize_stack(stack_name="other"))
    assert len(found) > 3
    assert all(" by table\n" in query for query in found.values())
    shown = {match[1] for query in found.values() for match in COLUMN.finditer(query)}
    assert shown >= {
        *("Staleness", "WatermarkDrift", "FenceLag", "RowsExported", "RowsMerged", "RowsQuarantined"),
        *("LedgerMismatches", "SampleMismatches", "RunSeconds", "ExportSeconds", "RowsHeld"),
    }


def test_each_query_and_line_is_of_a_metric_that_this_function_writes(stack: Synthesized) -> None:
    written = {(step.replace("_", "-"), listed.name) for listed in METRICS for step in listed.steps}
    asked = {(service, match[1]) for service, query in queries(stack).items() for match in COLUMN.finditer(query)}
    assert asked <= written
    assert lines(stack) <= written
    assert len(lines(stack)) > 10


def test_a_query_sorts_by_a_column_that_it_has(stack: Synthesized) -> None:
    for query in queries(stack).values():
        columns = {match[2] for match in COLUMN.finditer(query)}
        [sorted_by] = re.findall(r"sort (\w+) desc", query)
        assert sorted_by in columns


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
