"""The alarms: metrics that the functions write, a topic that hears of them, and what to do."""

import ast

import pytest

from infra.alarms import ALARMS, AlarmSpec
from tests.infra.synthesis import ROOT, Synthesized, synthesize_stack


def test_each_alarm_watches_one_metric_over_all_tables_and_tells_the_topic() -> None:
    stack = synthesize_stack(stack_name="other")
    found = {alarm["AlarmName"]: alarm for alarm in stack.of_type("AWS::CloudWatch::Alarm")}
    assert found.keys() == {f"other-{spec.name}" for spec in ALARMS}
    for spec in ALARMS:
        alarm = found[f"other-{spec.name}"]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("other", spec.metric, "Sum")
        assert alarm["Dimensions"] == [{"Name": "service", "Value": spec.function}]
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert [stack.text(action) for action in alarm["AlarmActions"]] == ["other-failures"]


@pytest.mark.parametrize("name", ["quarantined-rows", "refused-files"])
def test_a_quarantine_rings_and_says_what_to_do(stack: Synthesized, name: str) -> None:
    [alarm] = [
        one for one in stack.of_type("AWS::CloudWatch::Alarm") if one["AlarmName"] == f"aurora-snowflake-sync-{name}"
    ]
    assert "CONTROL.QUARANTINE" in alarm["AlarmDescription"]
    assert len(alarm["AlarmDescription"]) <= 1024


@pytest.mark.parametrize("spec", ALARMS, ids=lambda spec: spec.name)
def test_the_function_writes_the_metric(stack: Synthesized, spec: AlarmSpec) -> None:
    services = [one["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for one in functions(stack)]
    assert spec.function in services
    handler = ROOT / "functions" / spec.function.replace("-", "_") / "handler.py"
    calls = [node for node in ast.walk(ast.parse(handler.read_text())) if isinstance(node, ast.Call)]
    counted = [ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func) == "count"]
    assert repr(spec.metric) in counted


def test_the_metrics_namespace_is_the_functions(stack: Synthesized) -> None:
    namespaces = {one["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] for one in functions(stack)}
    assert namespaces == {alarm["Namespace"] for alarm in stack.of_type("AWS::CloudWatch::Alarm")}


def functions(stack: Synthesized) -> list[dict]:
    return stack.of_type("AWS::Lambda::Function")


def test_alarms_of_this_account_may_publish(stack: Synthesized) -> None:
    """The topic's own policy, without which nobody is told, takes the place of the default one."""
    [policy] = stack.of_type("AWS::SNS::TopicPolicy")
    [allowed] = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert stack.text(allowed["Resource"]) == "aurora-snowflake-sync-failures"
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    source = stack.text(allowed["Condition"]["ArnLike"]["aws:SourceArn"])
    assert source == "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:*"
