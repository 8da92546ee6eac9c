"""What the topic is told of an execution that did not succeed."""

from tests.support.synthesis import Synthesized, synthesize_stack


def test_every_end_but_success_of_this_state_machine_is_told(stack: Synthesized) -> None:
    [rule] = stack.of_type("AWS::Events::Rule")
    assert (rule["Name"], rule["State"]) == ("aurora-snowflake-sync-unsuccessful", "ENABLED")
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.states"], ["Step Functions Execution Status Change"])
    assert set(pattern["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    [machine] = pattern["detail"]["stateMachineArn"]
    assert stack.text(machine) == "aurora-snowflake-sync"
    [target] = rule["Targets"]
    assert stack.text(target["Arn"]) == "aurora-snowflake-sync-failures"


def test_the_message_names_the_execution_links_to_it_and_says_what_to_do(stack: Synthesized) -> None:
    [rule] = stack.of_type("AWS::Events::Rule")
    transformer = rule["Targets"][0]["InputTransformer"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        text = text.replace(f"<{name}>", {"$.region": "eu-central-1"}.get(path, path.rpartition(".")[2]))
    lines = text.split("\n")
    assert all(line.startswith('"') and line.endswith('"') for line in lines), "EventBridge wants each line quoted"
    assert lines[0] == '"Execution name of aurora-snowflake-sync ended as status."'
    assert lines[1] == (
        '"https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/'
        'executionArn"'
    )
    assert "Redrive" in text


def test_the_longest_stack_name_still_makes_a_valid_rule_name() -> None:
    [rule] = synthesize_stack(stack_name="n" * 45).of_type("AWS::Events::Rule")
    assert len(rule["Name"]) <= 64
