"""AWS's rules and CloudFormation's own find nothing that is not acknowledged, in any kind of network."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from cfnlint import ManualArgs
from cfnlint.api import lint

from infra.application import ChecksFailed, checked
from infra.review import acknowledgements
from infra.settings import context_file
from infra.settings.settings import Settings
from infra.stack import SyncStack
from tests.support.contexts import MODES, NO_BUNDLING
from tests.support.synthesis import Checked


def test_cfn_lint_finds_nothing(checked_mode: Checked) -> None:
    # The fixture itself is the proof that cdk-nag finds nothing: else there is no template.
    matches = lint(checked_mode.file.read_text(), config=ManualArgs(regions=["eu-central-1"]))
    assert [f"{match.rule.id} {match.message}" for match in matches] == []


def findings(outdir: Path) -> set[tuple[str, str]]:
    """(construct path below the stack, rule) of each finding in a report of cdk-nag."""
    report: dict[str, Any] = json.loads((outdir / "validation-report.json").read_text())
    return {
        (construct["constructPath"].partition("/")[2], violation["ruleName"])
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == "AwsSolutions"
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_what_is_not_acknowledged_ends_the_synthesis(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context={**context_file.read(), **NO_BUNDLING})
    sqs.Queue(SyncStack(app, Settings.from_context(app.node.get_all_context())), "Added")
    with pytest.raises(ChecksFailed, match=r"infra/review/acknowledgements\.py"):
        checked(app)
    assert findings(tmp_path) == {
        ("Added/Resource", "AwsSolutions-SQS3"),
        ("Added/Resource", "AwsSolutions-SQS4"),
    }


@pytest.mark.parametrize("context", [MODES["new"], {"network": "none", "tracing": False}], ids=["complete", "least"])
def test_every_acknowledgement_is_of_something_that_is_found(
    context: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.stack.acknowledge", lambda *_: None)
    app = cdk.App(outdir=str(tmp_path), context={**context_file.read(), **NO_BUNDLING, **context})
    settings = Settings.from_context(app.node.get_all_context())
    stack = SyncStack(app, settings)
    with pytest.raises(ChecksFailed):
        checked(app)
    bucket = stack.node.find_child("Staging").node.find_child("Bucket").node.default_child
    assert isinstance(bucket, cdk.CfnElement)
    found = findings(tmp_path)
    unused = [
        each
        for each in acknowledgements.acknowledged(settings, stack.get_logical_id(bucket))
        if not any(path.startswith(f"{each.path}/") and rule == each.finding for path, rule in found)
    ]
    assert unused == []
    assert all(each.reason.endswith(".") for each in acknowledgements.acknowledged(settings, ""))
