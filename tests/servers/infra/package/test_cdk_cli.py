"""The CDK's command line is the one that package-lock.json pins."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.package import cdk_cli
from infra.package.cdk_cli import InstallationFailed
from tests.support.contexts import ROOT

PINNED = ROOT / "infra" / "package" / "cdk_cli"


def pinned() -> str:
    return str(json.loads((PINNED / "package.json").read_text())["dependencies"]["aws-cdk"])


def test_the_module_is_the_command_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "infra.package.cdk_cli", "--version"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "CDK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith(f"{pinned()} ")
    assert ran.stderr == ""


def test_the_application_is_started_with_this_python() -> None:
    found = subprocess.run(
        ["python3", "-c", "import sys; print(sys.prefix)"],
        env=cdk_cli.environment(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == sys.prefix


def test_a_failed_installation_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdk_cli, "_INSTALLED", tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(InstallationFailed, match="ECONNREFUSED"):
        cdk_cli.command(["--version"])
    assert [path.name for path in tmp_path.iterdir() if path.name != "npm"] == []
