"""Every permission in the stack, literally: whoever adds one adds it here."""

from collections.abc import Iterator
from typing import Any

from tests.infra.synthesis import Synthesized

STACK = "aurora-snowflake-sync"
PARAMETERS = f"arn:aws:ssm:REGION:ACCOUNT:parameter/{STACK}"
STATES = "arn:aws:states:REGION:ACCOUNT"
FUNCTIONS = (
    *("config", "replay", "watermark", "schema", "export", "await-load", "merge", "reconcile"),
    "clear-full-refresh",
)

# (role, action): resources
ALLOWED: dict[tuple[str, str], set[str]] = {
    **{
        (f"{STACK}-{name}", action): {f"arn of /aws/lambda/{STACK}-{name}"}
        for name in FUNCTIONS
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    **{
        (f"{STACK}-{name}", action): {PARAMETERS, f"{PARAMETERS}/*"}
        for name in ("config", "clear-full-refresh")
        for action in ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")
    },
    (f"{STACK}-clear-full-refresh", "ssm:PutParameter"): {f"{PARAMETERS}/tables", f"{PARAMETERS}/tables/*"},
    (f"{STACK}-workflow", "lambda:InvokeFunction"): {f"arn of {STACK}-{name}" for name in FUNCTIONS},
    (f"{STACK}-workflow", "sqs:SendMessage"): {f"arn of {STACK}-dead-letters"},
    (f"{STACK}-workflow", "sns:Publish"): {f"{STACK}-failures"},
    (f"{STACK}-workflow", "states:StartExecution"): {f"{STATES}:stateMachine:{STACK}"},
    (f"{STACK}-workflow", "states:DescribeExecution"): {
        f"{STATES}:execution:{STACK}:*",
        f"{STATES}:execution:{STACK}/*",
    },
    (f"{STACK}-workflow", "states:StopExecution"): {f"{STATES}:execution:{STACK}:*", f"{STATES}:execution:{STACK}/*"},
    (f"{STACK}-workflow", "states:RedriveExecution"): {f"{STATES}:execution:{STACK}/*"},
    # Log delivery has no resource-level permissions.
    **{
        (f"{STACK}-workflow", f"logs:{action}"): {"*"}
        for action in (
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DescribeLogGroups",
            "DescribeResourcePolicies",
            "GetLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "UpdateLogDelivery",
        )
    },
    (f"{STACK}-schedule", "states:StartExecution"): {STACK},
    (f"{STACK}-schedule", "sqs:SendMessage"): {f"arn of {STACK}-missed-starts"},
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(stack: Synthesized) -> Iterator[tuple[str, dict[str, Any]]]:
    for role in stack.of_type("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield role["RoleName"], statement
    for policy in stack.of_type("AWS::IAM::Policy"):
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield stack.text(role), statement


def test_each_role_may_do_only_what_is_listed(stack: Synthesized) -> None:
    granted: dict[tuple[str, str], set[str]] = {}
    for role, statement in statements(stack):
        assert statement["Effect"] == "Allow"
        resources = {stack.text(resource) for resource in as_list(statement["Resource"])}
        for action in as_list(statement["Action"]):
            granted.setdefault((role, action), set()).update(resources)
    assert granted == ALLOWED


def test_no_role_has_a_managed_policy(stack: Synthesized) -> None:
    roles = stack.of_type("AWS::IAM::Role")
    assert len(roles) == len(FUNCTIONS) + 2
    assert not [role for role in roles if "ManagedPolicyArns" in role]


def test_each_role_is_for_one_service(stack: Synthesized) -> None:
    trusted = {
        role["RoleName"]: [
            statement["Principal"]["Service"] for statement in role["AssumeRolePolicyDocument"]["Statement"]
        ]
        for role in stack.of_type("AWS::IAM::Role")
    }
    assert trusted == {
        **{f"{STACK}-{name}": ["lambda.amazonaws.com"] for name in FUNCTIONS},
        f"{STACK}-workflow": ["states.amazonaws.com"],
        f"{STACK}-schedule": ["scheduler.amazonaws.com"],
    }


def test_no_other_service_may_invoke_a_function(stack: Synthesized) -> None:
    stack.template.resource_count_is("AWS::Lambda::Permission", 0)
