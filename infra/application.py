"""Context in, cloud assembly out."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.cx_api import CloudAssembly

from infra.settings import Settings
from infra.stack import SyncStack

ROOT = Path(__file__).resolve().parent.parent


def default_context(root: Path = ROOT) -> dict[str, Any]:
    """The context of cdk.json: feature flags and this application's keys."""
    context: dict[str, Any] = json.loads((root / "cdk.json").read_text())["context"]
    return context


def synthesize() -> CloudAssembly:
    """Writes the cloud assembly to $CDK_OUTDIR; $CDK_CONTEXT_JSON (the command line's -c) wins over cdk.json.

    Raises SettingsError where a context key is wrong, missing or unknown, or the runtime cannot load the drivers.
    """
    app = cdk.App(context=default_context())
    settings = Settings.from_context(app.node.get_all_context())
    settings.check_runtime()
    SyncStack(app, settings)
    return app.synth()
