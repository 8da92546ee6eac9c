"""Every policy of a template as rows of plain text, and the tables of docs/permissions.md as the same rows."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.contexts import AURORA, SNOWFLAKE
from tests.support.synthesis import Synthesized

# Names that the documentation puts in place of one deployment's own.
NAMES = {"stack_name": "STACK", "parameter_prefix": "/PREFIX"}
_INSTEAD = {
    AURORA: "aurora_cluster_arn",
    SNOWFLAKE["snowflake_iam_user_arn"]: "snowflake_iam_user_arn",
    SNOWFLAKE["snowflake_external_id"]: "snowflake_external_id",
    "arn of StagingBucket": "arn:aws:s3:::BUCKET",
    "arn of StagingAccessLogs": "arn:aws:s3:::ACCESS-LOGS",
}
_KINDS = {
    "AWS::DynamoDB::Table": "table",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::Function": "function",
    "AWS::Logs::LogGroup": "log group",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::StepFunctions::StateMachine": "state machine",
    "AWS::EC2::VPCEndpoint": "endpoint",
}
_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::KMS::Key": ("KeyPolicy", ""),
    "AWS::EC2::VPCEndpoint": ("PolicyDocument", ""),
}


class Row(NamedTuple):
    """A statement: whose policy, what it allows or denies (and whom), on what, under which conditions."""

    subject: str
    effect: str
    actions: str
    resources: str
    conditions: str


def permission_rows(stack: Synthesized) -> Iterator[Row]:
    """What each role may do; its own name in a resource is written <role>."""
    for role, statement in _role_statements(stack):
        row = _row(stack, role.removeprefix("STACK-"), statement["Effect"], statement)
        yield row._replace(
            resources=_own(row.resources, role),
            conditions=_own(row.conditions, role),
        )


def trust_rows(stack: Synthesized) -> Iterator[Row]:
    """Who may assume each role."""
    for role in stack.of_type("AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            yield _row(stack, role["RoleName"].removeprefix("STACK-"), _principals(stack, statement), statement)


def resource_rows(stack: Synthesized) -> Iterator[Row]:
    """The policies of buckets, keys, queues, topic and endpoints."""
    for logical_id, resource in stack.resources.items():
        if resource["Type"] not in _RESOURCE_POLICIES:
            continue
        document, owner = _RESOURCE_POLICIES[resource["Type"]]
        properties = resource["Properties"]
        if document not in properties:
            continue
        [of] = _list(properties[owner]) if owner else [{"Ref": logical_id}]
        for statement in properties[document]["Statement"]:
            yield _row(stack, _text(stack, of), f"{statement['Effect']} {_principals(stack, statement)}", statement)


def documented(page: Path, heading: str) -> Iterator[tuple[Row, str]]:
    """The rows of the table below a heading, one per subject, and each row's reason."""
    section = page.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    for line in table[2:]:
        subjects, *facts, why = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        for subject in subjects.split(", "):
            yield _trusted(subject, *facts) if len(facts) == 2 else Row(subject, *facts), why


def _trusted(role: str, whom: str, conditions: str) -> Row:
    return Row(role, whom, "sts:AssumeRole", "", conditions)


def atoms(rows: Iterable[Row]) -> set[Row]:
    """One row per action and resource: how a policy groups them says nothing."""
    return {
        row._replace(actions=action, resources=resource)
        for row in rows
        for action in row.actions.split(", ")
        for resource in row.resources.split(", ")
    }


def as_table(rows: Iterable[Row]) -> str:
    """Rows as lines of the documentation, subjects of equal statements joined."""
    subjects: dict[tuple[str, ...], list[str]] = {}
    for row in sorted(rows):
        subjects.setdefault(row[1:], []).append(row.subject)
    lines = [f"| {', '.join(names)} | {' | '.join(_code(cell) for cell in rest)} |" for rest, names in subjects.items()]
    return "\n".join(lines)


def _code(cell: str) -> str:
    return ", ".join(f"`{part}`" for part in cell.split(", ")) if ":" in cell or "<" in cell else cell


def _role_statements(stack: Synthesized) -> Iterator[tuple[str, dict[str, Any]]]:
    for role in stack.of_type("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            yield from ((role["RoleName"], statement) for statement in policy["PolicyDocument"]["Statement"])
    for policy in stack.of_type("AWS::IAM::Policy"):
        for role in policy["Roles"]:
            yield from ((stack.text(role), statement) for statement in policy["PolicyDocument"]["Statement"])


def _row(stack: Synthesized, subject: str, effect: str, statement: dict[str, Any]) -> Row:
    actions = ", ".join(sorted(_list(statement["Action"])))
    resources = ", ".join(sorted(_text(stack, resource) for resource in _list(statement.get("Resource", []))))
    return Row(subject, effect, actions, resources, _conditions(stack, statement))


def _conditions(stack: Synthesized, statement: dict[str, Any]) -> str:
    return "; ".join(
        f"{operator} {key} {', '.join(_text(stack, value) for value in _list(values))}"
        for operator, keys in sorted(statement.get("Condition", {}).items())
        for key, values in sorted(keys.items())
    )


def _principals(stack: Synthesized, statement: dict[str, Any]) -> str:
    principal = statement["Principal"]
    if principal == "*":
        return "everyone"
    [values] = principal.values()
    names = [_text(stack, value) for value in _list(values)]
    return ", ".join({"*": "everyone", "arn:aws:iam::ACCOUNT:root": "this account"}.get(name, name) for name in names)


def _own(text: str, role: str) -> str:
    return ", ".join(part.replace(role, "<role>") if part.endswith(role) else part for part in text.split(", "))


def _text(stack: Synthesized, value: Any) -> str:
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]} if name in stack.resources:
            kind = _KINDS.get(stack.resources[name]["Type"])
            if kind:
                return f"{kind} {stack.name(name)}"
    text = stack.text(value)
    for name, instead in _INSTEAD.items():
        text = text.replace(name, instead)
    return text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
