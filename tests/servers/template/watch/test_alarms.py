"""The alarms: metrics that exist, a topic that hears of them, and what to do."""

import re
from typing import Any

import pytest

from functions.shared.ground.metrics import METRICS
from infra.watch.alarms import AlarmSpec
from infra.watch.function_alarms import function_alarms
from infra.watch.function_metrics import over_all_tables
from tests.support.contexts import ROOT, settings
from tests.support.synthesis import Synthesized, synthesize_stack

OF_FUNCTIONS = {
    "quarantined-rows": ("merge", "RowsQuarantined"),
    "refused-files": ("await-load", "FilesRefused"),
    "load-failures": ("await-load", "LoadFailures"),
    "ledger-mismatches": ("reconcile", "LedgerMismatches"),
    "sample-mismatches": ("reconcile", "SampleMismatches"),
    "watermark-drift": ("reconcile", "WatermarkDrift"),
    "fence-lag": ("watermark", "FenceLag"),
    "stale-tables": ("watermark", "Stale"),
    "slow-tables": ("reconcile", "Stale"),
}
OF_AWS = {
    "executions-failed": ("AWS/States", "ExecutionsFailed"),
    "executions-timed-out": ("AWS/States", "ExecutionsTimedOut"),
    "executions-not-started": ("aurora-snowflake-sync", "TablesConfigured"),
    "dead-letters": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "missed-starts": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
}
NAMES = [*OF_FUNCTIONS, *OF_AWS]


def alarms(stack: Synthesized) -> dict[str, dict[str, Any]]:
    """The alarms by their names without the stack's."""
    found = stack.of_type("AWS::CloudWatch::Alarm")
    return {alarm["AlarmName"].removeprefix(f"{stack.settings.stack_name}-"): alarm for alarm in found}


def dimensions(stack: Synthesized, alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: stack.text(one["Value"]) for one in alarm["Dimensions"]}


def test_these_are_the_alarms_and_each_tells_the_topic(stack: Synthesized) -> None:
    assert sorted(alarms(stack)) == sorted(NAMES)
    for alarm in alarms(stack).values():
        assert [stack.text(action) for action in alarm["AlarmActions"]] == ["aurora-snowflake-sync-failures"]


@pytest.mark.parametrize("name", OF_FUNCTIONS)
def test_an_alarm_on_a_function_watches_one_metric_over_all_tables(name: str) -> None:
    stack = synthesize_stack(stack_name="other")
    service, metric = OF_FUNCTIONS[name]
    alarm = alarms(stack)[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("other", metric)
    assert dimensions(stack, alarm) == {"service": service}
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanThreshold", "notBreaching")
    assert alarm["Threshold"] == (3600 if name == "fence-lag" else 0)


@pytest.mark.parametrize("name", OF_FUNCTIONS)
def test_the_function_writes_the_metric_into_the_namespace_that_is_watched(stack: Synthesized, name: str) -> None:
    service, metric = OF_FUNCTIONS[name]
    written = {(step.replace("_", "-"), listed.name) for listed in METRICS for step in listed.steps}
    assert (service, metric) in written
    environments = [one["Environment"]["Variables"] for one in stack.of_type("AWS::Lambda::Function")]
    [writer] = [one for one in environments if one["POWERTOOLS_SERVICE_NAME"] == service]
    assert writer["POWERTOOLS_METRICS_NAMESPACE"] == alarms(stack)[name]["Namespace"]


@pytest.mark.parametrize("name", ["dead-letters", "missed-starts"])
def test_an_alarm_on_a_queue_stays_while_sqs_measures_nothing(stack: Synthesized, name: str) -> None:
    """SQS stops after six hours without a request: the messages are still there."""
    assert alarms(stack)[name]["TreatMissingData"] == "ignore"


@pytest.mark.parametrize("name", OF_AWS)
def test_an_alarm_on_executions_or_queues_watches_those_of_this_stack(stack: Synthesized, name: str) -> None:
    alarm = alarms(stack)[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == OF_AWS[name]
    watched = {
        # Maintenance has executions of its own, which must not pass for the schedule's.
        "executions-not-started": {"service": "config"},
        "dead-letters": {"QueueName": "QueueName of aurora-snowflake-sync-dead-letters"},
        "missed-starts": {"QueueName": "QueueName of aurora-snowflake-sync-missed-starts"},
    }
    assert dimensions(stack, alarm) == watched.get(name, {"StateMachineArn": "aurora-snowflake-sync"})


@pytest.mark.parametrize("name", NAMES)
def test_an_alarm_says_what_to_do_and_where_more_is_written(stack: Synthesized, name: str) -> None:
    text = alarms(stack)[name]["AlarmDescription"]
    said, _, page = text.rpartition(" More: ")
    assert len(text) <= 1024
    assert 1 <= len(re.findall(r"\.(?= [A-Z]|$)", said)) <= 3
    assert (ROOT / page.split(",")[0]).is_file()
    listed = (ROOT / "docs" / "dashboard-and-alarms.md").read_text()
    assert f"| `{name}` |" in listed


@pytest.mark.parametrize(
    ("schedule", "period", "periods"),
    [
        ("cron(0 * * * ? *)", 3600, 2),
        ("rate(5 minutes)", 300, 2),
        ("rate(90 minutes)", 3600, 3),
        ("cron(0 6 * * ? *)", 3600, 48),
        ("cron(0 6 ? * MON-FRI *)", 3600, 144),
    ],
)
def test_two_periods_of_the_schedule_without_a_start_ring(schedule: str, period: int, periods: int) -> None:
    alarm = alarms(synthesize_stack(schedule=schedule))["executions-not-started"]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (period, periods)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("SampleCount", "breaching")


@pytest.mark.parametrize(
    "context", [{"schedule_enabled": False}, {"schedule": "rate(4 days)"}, {"schedule": "cron(0 6 1 * ? *)"}], ids=str
)
def test_no_start_is_awaited_where_none_is_due_or_cloudwatch_does_not_look_back_so_far(context: dict[str, Any]) -> None:
    assert "executions-not-started" not in alarms(synthesize_stack(**context))


def test_how_far_the_fence_may_lie_back_comes_from_the_context() -> None:
    alarm = alarms(synthesize_stack(max_fence_lag_minutes=5))["fence-lag"]
    assert alarm["Threshold"] == 300
    assert "more than 5 minutes" in alarm["AlarmDescription"]


def test_the_names_of_constructs_are_those_of_the_alarms() -> None:
    metric = over_all_tables(settings(), "await_load", "FilesRefused", "Sum")
    assert AlarmSpec("refused-files", metric, "Look.", "page.md").construct_id == "RefusedFiles"
    assert {spec.name for spec in function_alarms(settings())} == OF_FUNCTIONS.keys()


@pytest.mark.parametrize(("step", "name"), [("merge", "RowsQuarantine"), ("export", "RowsQuarantined")])
def test_a_metric_that_the_step_does_not_write_is_refused(step: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"The step {step} writes no metric {name}: "):
        over_all_tables(settings(), step, name, "Sum")


def test_alarms_of_this_account_may_publish(stack: Synthesized) -> None:
    """The topic's own policy, without which nobody is told, takes the place of the default one."""
    [policy] = stack.of_type("AWS::SNS::TopicPolicy")
    allowed = {
        one["Principal"]["Service"]: one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"
    }
    assert allowed.keys() == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    for statement in allowed.values():
        assert statement["Action"] == "sns:Publish"
        assert stack.text(statement["Resource"]) == "aurora-snowflake-sync-failures"
    conditions = allowed["cloudwatch.amazonaws.com"]["Condition"]
    assert conditions["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert stack.text(conditions["ArnLike"]["aws:SourceArn"]) == "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:*"
