"""Writes Snowflake's SQL as plain files, for those who run it and those who audit it.

`python -m infra.snowflake.sql_files <folder>`. The statements that the functions run are made by the functions' own
code; those of the administrator alone are in snowflake/admin.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from functions.shared.contract.names import quote
from functions.shared.snowflake import statements as table_sql
from functions.shared.snowflake.objects import TableObjects
from infra.settings import context_file
from infra.settings.settings import Settings, SettingsError
from infra.snowflake.account import AccountError, SnowflakeAccount
from infra.snowflake.examples import EXAMPLES, ExampleTable
from infra.snowflake.public_key import read_public_key
from infra.snowflake.statements import (
    account_statements,
    database_statements,
    grant_statements,
    queue_statements,
    tear_down_statements,
)

_SCHEMA_VERSION = 1
_REPLAYED_ROWS = 1000
_DEFAULT_NAME = "Its name; the default is made of the database's."

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class SqlFile:
    """A file of statements: its path below the folder, what it is for, and who runs it."""

    path: str
    purpose: str
    run_by: str
    statements: Sequence[str]

    def text(self, account: SnowflakeAccount) -> str:
        """The file's text; ends every statement with a semicolon, as `snow sql -f` wants it."""
        head = [f"-- {self.purpose}", f"-- Run by: {self.run_by}"]
        used = [value for value in account.open_points if any(value in one for one in self.statements)]
        head += [f"-- To fill in first: {', '.join(used)}"] if used else []
        return "\n".join(head) + "\n\n" + "\n\n".join(f"{one};" for one in self.statements) + "\n"


def files(account: SnowflakeAccount) -> list[SqlFile]:
    """Every file, in the order in which they are run."""
    admin = "a person with ACCOUNTADMIN, once; again is harmless"
    return [
        SqlFile(
            "01-account.sql", "Roles, service user, warehouse, way to the bucket.", admin, account_statements(account)
        ),
        SqlFile("02-database.sql", "Database, schemas, stage, control tables.", admin, database_statements(account)),
        SqlFile("03-grants.sql", "What the sync and the readers may do.", admin, grant_statements(account)),
        SqlFile("04-queue.sql", "The queue that is notified of new files.", admin, queue_statements(account)),
        *_example_files(account),
        SqlFile(
            "tear-down/99-tear-down.sql",
            "Removes all of it, the copies included. Disable the schedule first.",
            "a person with ACCOUNTADMIN",
            tear_down_statements(account),
        ),
    ]


def _example_files(account: SnowflakeAccount) -> Iterator[SqlFile]:
    run_by = f"the functions, as role {account.role}, for each of their tables"
    session = [f"USE ROLE {quote(account.role)}", f"USE WAREHOUSE {quote(account.warehouse)}"]
    for number, (kind, table) in enumerate(EXAMPLES.items(), 1):
        for step, (name, purpose, made) in enumerate(_table_statements(account, table)):
            path = f"example-tables/{number}{step}-{table.source.name}-{name}.sql"
            yield SqlFile(path, f"{purpose} Example: {kind}.", run_by, [*session, *made])


def _table_statements(account: SnowflakeAccount, table: ExampleTable) -> Iterator[tuple[str, str, list[str]]]:
    objects, rules = TableObjects(account.database, table.source), table.rules
    yield "objects", "STAGING, FINAL, typed view, pipe, task.", table_sql.table_statements(objects, rules)
    merge = table_sql.merge_statement(objects, rules, "batch")
    yield "merge", "Applies one batch; without such a batch it returns NO_BATCH.", [merge]
    compare = table_sql.compare_statement(objects, rules, (_SCHEMA_VERSION, _SCHEMA_VERSION), [table.row])
    yield "compare", "Compares rows of Aurora with FINAL.", [compare]
    replay = table_sql.restage_statement(objects, rules, "execution", most_rows=_REPLAYED_ROWS)
    yield "replay", "Puts quarantined rows back in STAGING.", [replay]
    evolve = table_sql.evolve_statements(objects, [table.added], [table.added], table.widened)
    yield "evolve", "Follows a change of the Aurora table.", evolve


def write(folder: Path, account: SnowflakeAccount) -> list[Path]:
    """Writes every file below `folder`, over those of an earlier time; returns their paths."""
    paths = []
    for file in files(account):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text(account), encoding="utf-8")
        paths.append(path)
    return paths


@app.command()
def snowflake_sql(
    folder: Annotated[Path, typer.Argument(help="Where the files are written.")],
    *,
    context: Annotated[
        list[str] | None, typer.Option("-c", "--context", metavar="KEY=VALUE", help="As cdk takes it.")
    ] = None,
    public_key_file: Annotated[
        Path | None, typer.Option(help="PEM file with the service user's RSA public key.")
    ] = None,
    workload_identity_arn: Annotated[
        str | None, typer.Option(help="AWS role that logs in as the service user, without a key.")
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="Output StagingBucketName of the stack.")] = None,
    storage_role_arn: Annotated[
        str | None, typer.Option(help="AWS role that Snowflake assumes to read the bucket.")
    ] = None,
    storage_external_id: Annotated[str | None, typer.Option(help="External id of that role's trust policy.")] = None,
    allow_cidr: Annotated[list[str] | None, typer.Option(help="Where the functions come from; repeatable.")] = None,
    role: Annotated[str | None, typer.Option(help=_DEFAULT_NAME)] = None,
    reader_role: Annotated[str | None, typer.Option(help=_DEFAULT_NAME)] = None,
    user: Annotated[str | None, typer.Option(help=_DEFAULT_NAME)] = None,
    warehouse: Annotated[str | None, typer.Option(help=_DEFAULT_NAME)] = None,
) -> None:
    """Writes Snowflake's SQL as plain files, for those who run it and those who audit it."""
    choices = {
        "workload_identity_arn": workload_identity_arn,
        "bucket": bucket,
        "storage_role_arn": storage_role_arn,
        "storage_external_id": storage_external_id,
        "allowed_cidrs": allow_cidr,
        "role": role,
        "reader_role": reader_role,
        "user": user,
        "warehouse": warehouse,
    }
    try:
        choices["public_key"] = _public_key(public_key_file, workload_identity_arn)
        chosen = {name: value for name, value in choices.items() if value is not None}
        settings = Settings.from_context(context_file.read(overrides=context or []))
        account = SnowflakeAccount.of_deployment(settings, **chosen)
    except (AccountError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from None
    paths = write(folder, account)
    sys.stdout.write(f"Wrote {len(paths)} files into {folder}.\n")
    if points := account.open_points:
        sys.stdout.write(f"Still to be filled in, see --help: {', '.join(points)}.\n")


def _public_key(file: Path | None, workload_identity_arn: str | None) -> str | None:
    if file is None:
        return None
    if workload_identity_arn is not None:
        raise AccountError("--workload-identity-arn is not allowed with --public-key-file: give one of them.")
    return read_public_key(file)


if __name__ == "__main__":
    app()
