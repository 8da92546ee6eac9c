"""Synthesizes the stack from the CDK's context."""

import os

import aws_cdk as cdk
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from infra.settings import context_file
from infra.settings.settings import Settings
from infra.stack import SyncStack


class ChecksFailed(Exception):
    """The template has findings that are not acknowledged; they are on stderr."""


def synthesize() -> CloudAssembly:
    """Writes the cloud assembly to $CDK_OUTDIR; $CDK_CONTEXT_JSON (the command line's -c) wins over cdk.json.

    Raises SettingsError where a context key is wrong, missing, unknown or fits neither the others nor the place that
    the command line deploys to, ChecksFailed where the template has a finding.
    """
    app = cdk.App(context=context_file.read())
    settings = Settings.from_context(app.node.get_all_context())
    settings.check_runtime()
    settings.check_place(os.environ.get("CDK_DEFAULT_REGION", ""), os.environ.get("CDK_DEFAULT_ACCOUNT", ""))
    SyncStack(app, settings)
    return checked(app)


def checked(app: cdk.App) -> CloudAssembly:
    """The app's cloud assembly, refused with ChecksFailed where AWS's own rules find something."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        return app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
        raise ChecksFailed(
            "The template has findings, written above: change it, or acknowledge them in "
            "infra/review/acknowledgements.py with the reason."
        ) from None
