import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.contexts import AURORA, MODES, NO_BUNDLING, ROOT


def run_app(outdir: Path, region: str = "", **context: Any) -> subprocess.CompletedProcess[str]:
    """`python app.py` with nothing on PATH (no docker, no node, no aws) and no AWS variable."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_", "JSII_"))}
    clean |= {"PATH": "/nonexistent", "CDK_OUTDIR": str(outdir)}
    clean |= {"CDK_CONTEXT_JSON": json.dumps({**NO_BUNDLING, **context}), "CDK_DEFAULT_REGION": region}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")], env=clean, cwd=outdir, capture_output=True, text=True, check=False
    )


def test_synthesis_needs_no_aws_no_docker_and_no_node(tmp_path: Path) -> None:
    result = run_app(tmp_path, stack_name="elsewhere")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "elsewhere.template.json").exists()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["artifacts"]["elsewhere"]["environment"] == "aws://unknown-account/unknown-region"
    assert "missing" not in manifest


def test_a_wrong_context_ends_in_one_sentence_and_no_trace(tmp_path: Path) -> None:
    result = run_app(tmp_path, lambda_architecture="arm")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "Context key lambda_architecture is 'arm', but must be arm64 or x86_64: set it in cdk.json or on the command "
        "line, for example -c lambda_architecture=arm64."
    ]


def test_only_an_emulator_gets_a_runtime_that_cannot_load_the_drivers(tmp_path: Path) -> None:
    result = run_app(tmp_path, lambda_python="3.11")
    assert result.returncode == 1
    assert result.stderr.startswith("Context key lambda_python is '3.11'")
    assert run_app(tmp_path, lambda_python="3.11", emulated=True).returncode == 0


def test_a_deployment_away_from_the_cluster_ends_in_one_sentence(tmp_path: Path) -> None:
    result = run_app(tmp_path, region="eu-west-1", aurora_cluster_arn=AURORA)
    assert result.returncode == 1
    [sentence] = result.stderr.splitlines()
    assert "names a cluster in region eu-central-1, but the deployment goes to eu-west-1" in sentence


def test_what_is_missing_is_warned_about(tmp_path: Path) -> None:
    example = run_app(tmp_path)
    assert warnings(example) == {"vaultUrl", "auroraPort", "auroraCluster", "snowflakeUser"}
    assert warnings(run_app(tmp_path, **MODES["existing"])) == set()
    assert warnings(run_app(tmp_path, **MODES["none"])) == {"network"}


def warnings(result: subprocess.CompletedProcess[str]) -> set[str]:
    """The names of the warnings that a synthesis wrote."""
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"Annotation::aurora-snowflake-sync:(\w+)", result.stdout + result.stderr))
