"""Templates without deployment packages, and CloudFormation values as plain text."""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra.application import checked
from infra.settings import context_file
from infra.settings.settings import Settings
from infra.stack import SyncStack
from tests.support.contexts import NO_BUNDLING

_NAMES = ("FunctionName", "QueueName", "TopicName", "RoleName", "LogGroupName", "StateMachineName", "TableName")
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "REGION",
    "AWS::AccountId": "ACCOUNT",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Synthesized:
    """One synthesized stack, for assertions and as plain data."""

    template: Template
    settings: Settings

    @property
    def resources(self) -> dict[str, Any]:
        """A copy of its own for each caller."""
        resources: dict[str, Any] = json.loads(self._resources)
        return resources

    @cached_property
    def _resources(self) -> str:
        return json.dumps(self.template.to_json()["Resources"])

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs' values as text."""
        outputs = self.template.to_json().get("Outputs", {})
        return {name: self.text(output["Value"]) for name, output in outputs.items()}

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The properties of each resource of a type such as AWS::SQS::Queue."""
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == kind]

    def text(self, value: Any) -> str:
        """A CloudFormation value with references written as the physical name of what they refer to."""
        match value:
            case {"Ref": name}:
                return _PSEUDO.get(name) or self.name(name)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return f"arn of {self.name(name)}"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"{attribute} of {self.name(name)}"
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.text(part) for part in parts)
            case {"Fn::Select": [index, {"Fn::GetAZs": _}]}:
                return f"zone {index}"
            case str() | int() | float():
                return str(value)
        raise AssertionError(f"No text for {json.dumps(value)}")

    def name(self, logical_id: str) -> str:
        """The physical name of a resource, or its logical id without the hash."""
        properties = self.resources[logical_id].get("Properties", {})
        return next((properties[key] for key in _NAMES if key in properties), logical_id[:-8])


def synthesize_stack(**context: Any) -> Synthesized:
    """The stack of cdk.json's context with these changes; each is made once, so tests only read it."""
    return _synthesized_once(json.dumps(context, sort_keys=True))


def synthesize_changed(**context: Any) -> Synthesized:
    """The same, for a test that has changed the code: made for it alone."""
    app, settings = _app(context)
    return Synthesized(Template.from_stack(SyncStack(app, settings)), settings)


@cache
def _synthesized_once(context: str) -> Synthesized:
    return synthesize_changed(**json.loads(context))


@dataclass(frozen=True)
class Checked:
    """A stack that passed the checks, and its template as CloudFormation gets it."""

    stack: Synthesized
    file: Path


def synthesize_checked(outdir: Path, **context: Any) -> Checked:
    """As app.py synthesizes; raises ChecksFailed where the template has a finding."""
    app, settings = _app(context, outdir)
    SyncStack(app, settings)
    file = Path(checked(app).get_stack_by_name(settings.stack_name).template_full_path)
    return Checked(Synthesized(Template.from_string(file.read_text()), settings), file)


def _app(context: dict[str, Any], outdir: Path | None = None) -> tuple[cdk.App, Settings]:
    app = cdk.App(outdir=str(outdir) if outdir else None, context={**context_file.read(), **NO_BUNDLING, **context})
    return app, Settings.from_context(app.node.get_all_context())
