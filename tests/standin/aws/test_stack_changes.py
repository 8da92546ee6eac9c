"""What CloudFormation calls a change, and what it tells of one."""

import json
from typing import Any

import pytest

from local.aws.server import Aws


def template(seconds: int, **outputs: str) -> str:
    """A queue and a parameter."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/stack-changes/tables", "Type": "String", "Value": "[]"},
    }
    told = {name: {"Value": value} for name, value in outputs.items()}
    return json.dumps({"Resources": {"Queue": queue, "Tables": parameter}, "Outputs": told})


class Stack:
    """One stack, changed by change sets as the CDK's command line does."""

    def __init__(self, aws: Aws, name: str) -> None:
        self.name = {"StackName": name}
        self.cloudformation = aws.client("cloudformation")
        self.apply(template(30), "CREATE")

    def review(self, body: str, kind: str = "UPDATE") -> dict[str, Any]:
        """A described change set."""
        change_set = {**self.name, "ChangeSetName": "changes"}
        self.cloudformation.delete_change_set(**change_set) if kind == "UPDATE" else None
        self.cloudformation.create_change_set(**change_set, ChangeSetType=kind, TemplateBody=body)
        return dict(self.cloudformation.describe_change_set(**change_set))

    def apply(self, body: str, kind: str = "UPDATE") -> list[str]:
        """Executes the change set; the logical ids that it changes."""
        reviewed = self.review(body, kind)
        assert reviewed["ExecutionStatus"] == "AVAILABLE", reviewed.get("StatusReason")
        self.cloudformation.execute_change_set(**self.name, ChangeSetName="changes")
        self.cloudformation.get_waiter(f"stack_{kind.lower()}_complete").wait(
            **self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
        )
        return [change["ResourceChange"]["LogicalResourceId"] for change in reviewed["Changes"]]

    def events(self) -> list[tuple[str, str]]:
        """Oldest first."""
        told = self.cloudformation.describe_stack_events(**self.name)["StackEvents"]
        times = [event["Timestamp"] for event in told]
        assert times == sorted(set(times), reverse=True)
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(told)]

    def outputs(self) -> dict[str, str]:
        described = self.cloudformation.describe_stacks(**self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


@pytest.fixture
def stack(aws: Aws, request: pytest.FixtureRequest) -> Any:
    made = Stack(aws, request.node.name.replace("_", "-"))
    yield made
    made.cloudformation.delete_stack(**made.name)
    made.cloudformation.get_waiter("stack_delete_complete").wait(
        **made.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )


def test_an_unchanged_template_cannot_be_executed(stack: Stack) -> None:
    reviewed = stack.review(template(30))
    assert (reviewed["Status"], reviewed["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert reviewed["StatusReason"].startswith("The submitted information didn't contain changes")


def test_a_changed_output_alone_is_a_change(stack: Stack) -> None:
    assert stack.apply(template(30, Where="here")) == []
    assert stack.outputs() == {"Where": "here"}
    assert stack.apply(template(30)) == []
    assert stack.outputs() == {}


def test_an_update_tells_of_what_it_changed_in_order_and_leaves_the_rest_alone(stack: Stack, aws: Aws) -> None:
    edited = {"Name": "/stack-changes/tables", "Value": '["public.orders"]', "Type": "String", "Overwrite": True}
    aws.client("ssm").put_parameter(**edited)
    before = len(stack.events())
    assert stack.apply(template(31)) == ["Queue"]
    name = stack.name["StackName"]
    assert stack.events()[before:] == [
        (name, "UPDATE_IN_PROGRESS"),
        ("Queue", "UPDATE_IN_PROGRESS"),
        ("Queue", "UPDATE_COMPLETE"),
        (name, "UPDATE_COMPLETE"),
    ]
    kept = aws.client("ssm").get_parameter(Name="/stack-changes/tables")["Parameter"]
    assert kept["Value"] == '["public.orders"]'
