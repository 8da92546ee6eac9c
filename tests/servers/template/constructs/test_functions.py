from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.shared.ground.settings import FunctionSettings
from infra.constructs.function_specs import FUNCTIONS, FunctionSpec
from tests.support.contexts import MODES, ROOT
from tests.support.synthesis import Synthesized, synthesize_changed, synthesize_stack

# Seconds and MB of each function.
EXPECTED = {
    "config": (60, 512),
    "progress": (120, 1024),
    "replay": (300, 1024),
    "watermark": (300, 1024),
    "schema": (300, 1024),
    "export": (900, 512),
    "await_load": (120, 1024),
    "merge": (120, 1024),
    "reconcile": (300, 1024),
    "maintain": (900, 1024),
    "clear_full_refresh": (60, 512),
}


def test_there_is_one_function_per_folder(stack: Synthesized) -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/requirements.txt")}
    assert {spec.name for spec in FUNCTIONS} == EXPECTED.keys() == folders
    stack.template.resource_count_is("AWS::Lambda::Function", len(EXPECTED))


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name)
def test_a_function_has_its_names_limits_role_and_logs(stack: Synthesized, spec: FunctionSpec) -> None:
    timeout, memory = EXPECTED[spec.name]
    name = f"aurora-snowflake-sync-{spec.name.replace('_', '-')}"
    [function] = [found for found in stack.of_type("AWS::Lambda::Function") if found["FunctionName"] == name]
    assert function["Handler"] == f"functions.{spec.name}.handler.handler"
    assert (function["Timeout"], function["MemorySize"]) == (timeout, memory)
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert stack.text(function["Role"]) == f"arn of {name}"
    assert stack.text(function["LoggingConfig"]["LogGroup"]) == f"/aws/lambda/{name}"
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert "ReservedConcurrentExecutions" not in function
    assert "KmsKeyArn" not in function


def variables_of(stack: Synthesized) -> dict[str, dict[str, Any]]:
    """Each function's environment, by its name in the stack."""
    found = [function["Environment"]["Variables"] for function in stack.of_type("AWS::Lambda::Function")]
    return {variables.pop("POWERTOOLS_SERVICE_NAME"): variables for variables in found}


@pytest.mark.parametrize("minutes", [15, 4])
def test_aurora_ends_a_statement_half_a_minute_before_lambda_ends_its_function(
    minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [replace(spec, timeout=minutes) if spec.name == "export" else spec for spec in FUNCTIONS]
    monkeypatch.setattr("infra.constructs.functions.FUNCTIONS", specs)
    functions = synthesize_changed().of_type("AWS::Lambda::Function")
    assert len(functions) == len(FUNCTIONS)
    for found in functions:
        assert int(found["Environment"]["Variables"]["STATEMENT_SECONDS"]) == found["Timeout"] - 30


def test_the_environment_is_all_that_a_function_needs_and_nothing_in_it_may_be_lost(stack: Synthesized) -> None:
    [variables, *_] = (found["Environment"]["Variables"] for found in stack.of_type("AWS::Lambda::Function"))
    given = {name.lower(): stack.text(value) for name, value in variables.items()}
    assert FunctionSettings.model_fields.keys() - given.keys() == {"aws_region"}, "which Lambda itself sets"
    FunctionSettings.model_validate({**given, "aws_region": "eu-central-1"})
    assert all(field.is_required() for field in FunctionSettings.model_fields.values())


def test_runtime_and_architecture_come_from_the_context() -> None:
    stack = synthesize_stack(lambda_python="3.12", lambda_architecture="x86_64")
    for function in stack.of_type("AWS::Lambda::Function"):
        assert (function["Runtime"], function["Architectures"]) == ("python3.12", ["x86_64"])


def test_the_environment_carries_the_context(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----")
    stack = synthesize_stack(
        stack_name="other",
        parameter_prefix="/other",
        vault_url="https://vault.internal",
        vault_ca_file=str(authority),
        vault_role="reader",
        vault_auth_mount="aws-eu",
        vault_server_id="vault.internal",
        vault_sts_region="eu-central-1",
        vault_kv_mount="kv",
        vault_aurora_path="a/b",
        vault_aurora_login_path="database/creds/sync",
        network="none",
        vault_snowflake_path="c/d",
        snowflake_database="DB",
        fence_margin_seconds=7,
        load_timeout_seconds=60,
        load_poll_seconds=3,
        load_first_look_seconds=50,
        slice_megabytes=0.5,
        wave_slices=2,
        log_level="DEBUG",
        statement_timeout_seconds=600,
        lock_timeout_seconds=30,
        final_transient=True,
    )
    functions = {found["FunctionName"]: found for found in stack.of_type("AWS::Lambda::Function")}
    variables = functions["other-await-load"]["Environment"]["Variables"]
    assert stack.text(variables.pop("STAGING_BUCKET")) == "StagingBucket"
    assert variables == {
        "AURORA_CLUSTER_ARN": "",
        "PARAMETER_PREFIX": "/other",
        "VAULT_URL": "https://vault.internal",
        "VAULT_CA_PEM": "-----BEGIN CERTIFICATE-----",
        "VAULT_ROLE": "reader",
        "VAULT_AUTH_MOUNT": "aws-eu",
        "VAULT_SERVER_ID": "vault.internal",
        "VAULT_STS_REGION": "eu-central-1",
        "VAULT_KV_MOUNT": "kv",
        "VAULT_AURORA_PATH": "",
        "VAULT_AURORA_LOGIN_PATH": "",
        "NETWORK": "outside of a VPC",
        "VAULT_SNOWFLAKE_PATH": "c/d",
        "SNOWFLAKE_DATABASE": "DB",
        "FENCE_MARGIN_SECONDS": "7",
        "STATEMENT_SECONDS": "90",
        "STAGING_KEY": "",
        "STATEMENT_TIMEOUT_SECONDS": "600",
        "LOCK_TIMEOUT_SECONDS": "30",
        "FINAL_TRANSIENT": "true",
        "LOAD_TIMEOUT_SECONDS": "60",
        "LOAD_POLL_SECONDS": "3",
        "LOAD_FIRST_LOOK_SECONDS": "50",
        "SLICE_MEGABYTES": "0.5",
        "WAVE_SLICES": "2",
        "POWERTOOLS_SERVICE_NAME": "await-load",
        "POWERTOOLS_METRICS_NAMESPACE": "other",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }


def test_a_function_knows_where_it_runs(existing: Synthesized) -> None:
    texts = {
        existing.text(found["Environment"]["Variables"]["NETWORK"])
        for found in existing.of_type("AWS::Lambda::Function")
    }
    subnets = " ".join(MODES["existing"]["private_subnet_ids"])
    assert texts == {f"subnets {subnets}, security group GroupId of NetworkFunctionsGroup"}


def test_functions_differ_in_what_they_connect_to_and_in_how_long_they_may_take() -> None:
    given = variables_of(synthesize_stack(vault_aurora_login_path="database/creds/sync"))
    assert given.keys() == {spec.dashed for spec in FUNCTIONS}
    for name, variables in given.items():
        variables.pop("STATEMENT_SECONDS")
        assert bool(variables.pop("STAGING_KEY")) == (name == "export")
        aurora = {bool(variables.pop(path)) for path in ("VAULT_AURORA_PATH", "VAULT_AURORA_LOGIN_PATH")}
        assert aurora == {name in ("watermark", "schema", "export", "reconcile")}
        snowflake = name not in ("config", "export", "clear-full-refresh")
        assert bool(variables.pop("VAULT_SNOWFLAKE_PATH")) == snowflake
    assert all(variables == given["export"] for variables in given.values())


def test_logs_are_kept_as_long_as_the_context_says(stack: Synthesized) -> None:
    groups = stack.of_type("AWS::Logs::LogGroup")
    assert len(groups) == len(EXPECTED) + 2
    assert {group["RetentionInDays"] for group in groups} == {30}
    assert {
        group["RetentionInDays"] for group in synthesize_stack(log_retention_days=365).of_type("AWS::Logs::LogGroup")
    } == {365}


def test_traces_can_be_switched_off() -> None:
    stack = synthesize_stack(tracing=False)
    assert not [found for found in stack.of_type("AWS::Lambda::Function") if "TracingConfig" in found]
    [machine] = stack.of_type("AWS::StepFunctions::StateMachine")
    assert machine["TracingConfiguration"] == {"Enabled": False}


def test_the_longest_allowed_stack_name_still_makes_valid_names() -> None:
    stack = synthesize_stack(stack_name="n" * 45)
    names = [role["RoleName"] for role in stack.of_type("AWS::IAM::Role") if "RoleName" in role]
    assert max(map(len, names)) == 64
