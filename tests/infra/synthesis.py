"""Templates without deployment packages, and CloudFormation values as plain text."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra.application import default_context
from infra.settings import Settings
from infra.stack import SyncStack

ROOT = Path(__file__).resolve().parents[2]
NO_BUNDLING: dict[str, list[str]] = {"aws:cdk:bundling-stacks": []}
_NAMES = ("FunctionName", "QueueName", "TopicName", "RoleName", "LogGroupName", "StateMachineName")
_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "REGION", "AWS::AccountId": "ACCOUNT"}


@dataclass(frozen=True)
class Synthesized:
    """One synthesized stack, for assertions and as plain data."""

    template: Template
    settings: Settings

    @property
    def resources(self) -> dict[str, Any]:
        resources: dict[str, Any] = self.template.to_json()["Resources"]
        return resources

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The properties of each resource of a type such as AWS::SQS::Queue."""
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == kind]

    def text(self, value: Any) -> str:
        """A CloudFormation value with references written as the physical name of what they refer to."""
        match value:
            case {"Ref": name}:
                return _PSEUDO.get(name) or self._name(name)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return f"arn of {self._name(name)}"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"{attribute} of {self._name(name)}"
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.text(part) for part in parts)
            case str():
                return value
        raise AssertionError(f"No text for {json.dumps(value)}")

    def _name(self, logical_id: str) -> str:
        properties = self.resources[logical_id].get("Properties", {})
        return next((properties[key] for key in _NAMES if key in properties), logical_id[:-8])


def synthesize_stack(**context: Any) -> Synthesized:
    """The stack of cdk.json's context with these changes."""
    app = cdk.App(context={**default_context(), **NO_BUNDLING, **context})
    settings = Settings.from_context(app.node.get_all_context())
    return Synthesized(Template.from_stack(SyncStack(app, settings)), settings)
