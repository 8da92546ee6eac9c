"""docs/permissions.md names every statement of every policy, and nothing that is not there."""

from collections.abc import Callable, Iterator

import pytest

from infra.constructs.function_specs import FUNCTIONS
from tests.support.contexts import MODES, ROOT
from tests.support.policies import (
    NAMES,
    Row,
    as_table,
    atoms,
    documented,
    permission_rows,
    resource_rows,
    trust_rows,
)
from tests.support.synthesis import Synthesized, synthesize_stack

PAGE = ROOT / "docs" / "permissions.md"
Rows = Callable[[Synthesized], Iterator[Row]]
TABLES: dict[str, Rows] = {
    "What each role may do": permission_rows,
    "Who may assume each role": trust_rows,
    "Policies of resources": resource_rows,
}


@pytest.fixture(scope="module")
def complete() -> Synthesized:
    """A stack with everything that the context can ask for."""
    return synthesize_stack(**MODES["new"], **NAMES)


@pytest.mark.parametrize("heading", TABLES)
def test_every_statement_is_documented_and_every_row_is_a_statement(complete: Synthesized, heading: str) -> None:
    made = atoms(TABLES[heading](complete))
    told = atoms(row for row, _ in documented(PAGE, heading))
    assert as_table(made - told) == "", f"not in {PAGE.name}"
    assert as_table(told - made) == "", "not in the template"


@pytest.mark.parametrize("heading", TABLES)
def test_every_row_has_its_reason(heading: str) -> None:
    rows = list(documented(PAGE, heading))
    assert len(rows) > len(FUNCTIONS)
    assert [row for row, why in rows if not why] == []


@pytest.mark.parametrize("mode", ["existing", "none"])
@pytest.mark.parametrize("heading", ["What each role may do", "Who may assume each role"])
def test_no_other_network_allows_more(mode: str, heading: str) -> None:
    stack = synthesize_stack(**MODES[mode], **NAMES)
    assert as_table(atoms(TABLES[heading](stack)) - atoms(row for row, _ in documented(PAGE, heading))) == ""


def test_only_functions_in_a_vpc_may_make_network_interfaces(none: Synthesized, existing: Synthesized) -> None:
    def makers(stack: Synthesized) -> set[str]:
        rows = atoms(permission_rows(stack))
        return {row.subject for row in rows if (row.effect, row.actions) == ("Allow", "ec2:CreateNetworkInterface")}

    in_vpc = {spec.dashed for spec in FUNCTIONS if spec.needs_credentials}
    assert makers(none) == set()
    assert makers(existing) == {f"aurora-snowflake-sync-{name}" for name in in_vpc}


def test_interfaces_may_be_made_in_subnets_that_another_account_shares(existing: Synthesized) -> None:
    rows = [row for row in atoms(permission_rows(existing)) if row.actions == "ec2:CreateNetworkInterface"]
    allowed = {row.resources for row in rows if row.effect == "Allow"}
    assert allowed == {"arn:aws:ec2:REGION:ACCOUNT:*/*", "arn:aws:ec2:REGION:*:subnet/*"}


def test_without_tracing_nothing_is_allowed_on_traces() -> None:
    untraced = synthesize_stack(tracing=False)
    assert [row for row in atoms(permission_rows(untraced)) if row.actions.startswith("xray:")] == []


def test_no_role_has_a_managed_policy(complete: Synthesized) -> None:
    roles = complete.of_type("AWS::IAM::Role")
    assert len(roles) == len(FUNCTIONS) + 6
    assert not [role for role in roles if "ManagedPolicyArns" in role]


def test_no_other_service_may_invoke_a_function(complete: Synthesized) -> None:
    complete.template.resource_count_is("AWS::Lambda::Permission", 0)
