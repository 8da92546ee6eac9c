"""The definition is valid, and its functions are those that are deployed."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

import infra  # noqa: F401 -- before aws_cdk: it chooses the Node.js that aws_cdk starts
from infra.constructs.definition import as_json
from infra.constructs.function_specs import FUNCTIONS, FunctionSpec
from tests.servers.statemachine.asl_validator import AslValidator, install
from tests.support.definition import LAMBDA_TASKS, PLACEHOLDER, STEPS, filled
from tests.support.synthesis import Synthesized, synthesize_stack

DEFINITION = filled()


@pytest.fixture(scope="session")
def validator() -> AslValidator:
    return install()


@pytest.fixture(scope="session")
def deployed() -> Synthesized:
    return synthesize_stack()


def test_the_definition_is_valid(validator: AslValidator) -> None:
    assert validator.complaints(DEFINITION) == ""


def dangling(machine: dict[str, Any]) -> None:
    machine["States"]["Any failures?"]["Default"] = "Nowhere"


def unreachable(machine: dict[str, Any]) -> None:
    machine["States"]["Orphan"] = {"Type": "Succeed"}


def unparsable(machine: dict[str, Any]) -> None:
    machine["States"]["Done"]["Output"] = "{% $states.input. %}"


def endless(machine: dict[str, Any]) -> None:
    del machine["States"]["Config"]["Next"]


@pytest.mark.parametrize("damage", [dangling, unreachable, unparsable, endless])
def test_the_validator_sees_damage(validator: AslValidator, damage: Callable[[dict[str, Any]], None]) -> None:
    damaged = copy.deepcopy(DEFINITION)
    damage(damaged)
    assert validator.complaints(damaged)


def test_every_placeholder_is_supplied_and_every_supply_is_used(deployed: Synthesized) -> None:
    [machine] = deployed.of_type("AWS::StepFunctions::StateMachine")
    assert set(PLACEHOLDER.findall(as_json())) == machine["DefinitionSubstitutions"].keys()


@pytest.mark.parametrize("name", LAMBDA_TASKS)
def test_a_function_gives_up_before_its_state_does(deployed: Synthesized, name: str) -> None:
    function_name = f"aurora-snowflake-sync-{STEPS[name].replace('_', '-')}"
    functions = {found["FunctionName"]: found for found in deployed.of_type("AWS::Lambda::Function")}
    # Before: the state's clock runs while the function starts, and only the function's own end has a message.
    assert functions[function_name]["Timeout"] + 60 <= LAMBDA_TASKS[name]["TimeoutSeconds"]


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name)
def test_a_state_retries_what_its_function_depends_on(spec: FunctionSpec) -> None:
    [state] = [LAMBDA_TASKS[name] for name, step in STEPS.items() if step == spec.name]
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    services = {"SourceUnavailable", "WarehouseUnavailable", "VaultUnavailable"}
    if spec.name == "progress":
        # Its failure costs queries only, and what hinders it hinders every table.
        assert not retried & services
        return
    told_by_rds = {"SourceUnavailable"} if spec.reads_cluster else set()
    assert retried & services == (services if spec.needs_credentials else told_by_rds)
    assert ("ParametersUnavailable" in retried) == spec.reads_parameters
