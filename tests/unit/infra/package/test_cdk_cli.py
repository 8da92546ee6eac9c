"""The CDK's command line is pinned with its hash."""

import json

from tests.support.contexts import ROOT

PINNED = ROOT / "infra" / "package" / "cdk_cli"


def pinned() -> str:
    return str(json.loads((PINNED / "package.json").read_text())["dependencies"]["aws-cdk"])


def test_the_lock_holds_what_the_package_names() -> None:
    locked = json.loads((PINNED / "package-lock.json").read_text())["packages"]
    assert locked["node_modules/aws-cdk"]["version"] == pinned()
    assert locked["node_modules/aws-cdk"]["integrity"].startswith("sha512-")
