"""Runs the administrator's statements, each only where what it makes is not there yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snowflake.connector.errors import Error, ProgrammingError

from functions.shared.contract.names import quote
from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.checks import lacking, subject
from infra.snowflake.bootstrap.errors import BootstrapError, message_of
from infra.snowflake.bootstrap.key_pair import keys_of
from infra.snowflake.bootstrap.statements import Alter, Create, Statement, read
from infra.snowflake.statements import account_statements, database_statements, grant_statements, queue_statements

QUEUE = ("CONTROL", "QUEUE")
_IDENTITY = "WORKLOAD_IDENTITY"


@dataclass(frozen=True)
class StatementOutcome:
    """One statement: what it is about, what it changed, and what Snowflake does not show although it ran.

    `waits` is Snowflake's message where it could not run yet.
    """

    kind: str
    name: str
    text: str
    changes: list[str]
    unconfirmed: list[str]
    waits: str = ""


def run(choices: SnowflakeAccount, account: Account, *, dry: bool) -> Iterator[StatementOutcome]:
    """Everything that a deployment needs, in order; `dry` runs nothing. Raises BootstrapError where one is refused."""
    for statements in (account_statements(choices), database_statements(choices), grant_statements(choices)):
        yield from _made(statements, account, dry=dry)
    require_stage_of(choices, account)
    yield from _opened(choices, account, dry=dry)
    yield from _queue(choices, account, dry=dry)


def logins(user: str, account: Account) -> dict[str, str]:
    """The ways in that the service user has: each property that is one, and what Snowflake shows of it."""
    found: dict[str, str] = dict(keys_of(account, user).items())
    if account.find("USER", (user,)) and (roles := sorted(name for _, name in account.workload_roles(user))):
        found[_IDENTITY] = ", ".join(roles)
    return found


def retire_other_logins(choices: SnowflakeAccount, account: Account, *, dry: bool) -> Iterator[StatementOutcome]:
    """Takes away the service user's ways in but the chosen one."""
    kept = _IDENTITY if choices.workload_identity_arn else choices.public_key_slot
    for name, found in logins(choices.user, account).items():
        if name != kept:
            yield _unset(choices.user, name, found, account, "USERADMIN", dry=dry)


def require_stage_of(choices: SnowflakeAccount, account: Account) -> None:
    """Raises BootstrapError where the stage that is there reads another bucket, as its pipes then do."""
    name = (choices.database, "STAGING", "EXPORTS")
    stage = account.find("STAGE", name)
    if stage and stage["url"] != f"s3://{choices.bucket}/":
        raise BootstrapError(
            f"Stage {'.'.join(name)} reads {stage['url']}, not s3://{choices.bucket}/: it is of another deployment, so "
            "set another snowflake_database, or tear that one down first."
        )


def _made(statements: Iterable[str], account: Account, *, dry: bool) -> Iterator[StatementOutcome]:
    for statement in read(statements):
        changes = lacking(statement.act, account)
        unconfirmed: list[str] = []
        if changes and not dry:
            _execute(account, statement.text, statement.role)
            unconfirmed = lacking(statement.act, account)
        yield _outcome(statement, changes, unconfirmed)


def _opened(choices: SnowflakeAccount, account: Account, *, dry: bool) -> Iterator[StatementOutcome]:
    """Takes the network policy of an earlier run off the service user where none is chosen; another's stays."""
    if choices.allowed_cidrs or account.find("USER", (choices.user,)) is None:
        return
    policy = account.parameter("USER", (choices.user,), "NETWORK_POLICY")
    if policy == choices.user:
        yield _unset(choices.user, "NETWORK_POLICY", policy, account, "SECURITYADMIN", dry=dry)


def _unset(user: str, name: str, found: str, account: Account, role: str, *, dry: bool) -> StatementOutcome:
    text = f"ALTER USER {quote(user)} UNSET {name}"
    if not dry:
        _execute(account, text, role)
    return StatementOutcome("user", user, text, [f"{name}: {found} → nothing"], [])


def _queue(choices: SnowflakeAccount, account: Account, *, dry: bool) -> Iterator[StatementOutcome]:
    """The pipe may have to wait for the bucket and the role that it reads with, which the deployment makes."""
    for statement in read(queue_statements(choices)):
        changes = lacking(statement.act, account)
        if changes and not dry:
            try:
                account.execute(statement.text, statement.role)
            except ProgrammingError as error:
                if not isinstance(statement.act, Create) or statement.act.kind != "PIPE":
                    raise _refused(statement.text, statement.role, error) from error
                yield _outcome(statement, [], [], waits=message_of(error))
                return
        yield _outcome(statement, changes, [])


def _outcome(statement: Statement, changes: list[str], unconfirmed: list[str], waits: str = "") -> StatementOutcome:
    kind, name = subject(statement.act)
    if isinstance(statement.act, Alter) and all(": nothing → " in change for change in changes):
        changes = [change.replace(": nothing → ", ": ") for change in changes]
    return StatementOutcome(kind, name, statement.text, changes, unconfirmed, waits)


def _execute(account: Account, text: str, role: str) -> None:
    try:
        account.execute(text, role)
    except Error as error:
        raise _refused(text, role, error) from error


def _refused(text: str, role: str, error: Error) -> BootstrapError:
    return BootstrapError(
        f"Snowflake refused {text.splitlines()[0]!r} to role {role}: {message_of(error)}; mend that and run this "
        "again, what was made before it stays."
    )
