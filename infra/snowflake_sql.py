"""Writes Snowflake's SQL as plain files, for those who run it and those who audit it.

`python -m infra.snowflake_sql <folder>`. The statements that the functions run are made by the functions' own code;
those of the administrator alone are in snowflake/admin.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.replay.restage import restage_statement
from functions.shared import warehouse_sql
from functions.shared.naming import literal, quote
from functions.shared.templates import render, statements
from functions.shared.warehouse_sql import TableObjects
from infra.settings import Settings, SettingsError
from infra.snowflake_account import AccountError, SnowflakeAccount, read_public_key
from infra.snowflake_examples import EXAMPLES, ExampleTable

_ROOT = Path(__file__).resolve().parents[1]
_SCHEMA_VERSION = 1
_REPLAYED_ROWS = 1000


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


def account_statements(account: SnowflakeAccount) -> list[str]:
    """Roles, service user, warehouse, storage integration, network policy; running them again changes nothing."""
    return _rendered("admin/account.sql", account)


def database_statements(account: SnowflakeAccount) -> list[str]:
    """Database, schemas, file format, stage and control tables; running them again changes nothing."""
    return ["USE ROLE SYSADMIN", *warehouse_sql.bootstrap_statements(account.database, account.bucket)]


def grant_statements(account: SnowflakeAccount) -> list[str]:
    """What the sync role and the readers may do; running them again changes nothing."""
    return _rendered("admin/grants.sql", account)


def queue_statements(account: SnowflakeAccount) -> list[str]:
    """The pipe that names the bucket's queue before any table's does; running them again changes nothing."""
    return _rendered("admin/queue.sql", account)


def tear_down_statements(account: SnowflakeAccount) -> list[str]:
    """Drops everything that the other statements make."""
    return _rendered("admin/tear_down.sql", account)


def files(account: SnowflakeAccount) -> list[SqlFile]:
    """Every file, in the order in which they are run."""
    admin = "a person with ACCOUNTADMIN, once; again is harmless"
    return [
        SqlFile(
            "01-account.sql", "Roles, service user, warehouse, way to the bucket.", admin, account_statements(account)
        ),
        SqlFile("02-database.sql", "Database, schemas, stage, control tables.", admin, database_statements(account)),
        SqlFile("03-grants.sql", "What the sync and the readers may do.", admin, grant_statements(account)),
        SqlFile("04-queue.sql", "The queue that hears of new files.", admin, queue_statements(account)),
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
    yield "objects", "STAGING, FINAL, typed view, pipe, task.", warehouse_sql.table_statements(objects, rules)
    merge = warehouse_sql.merge_statement(objects, rules, "batch")
    yield "merge", "Applies one batch; without such a batch it returns NO_BATCH.", [merge]
    compare = warehouse_sql.compare_statement(objects, rules, _SCHEMA_VERSION, [table.row])
    yield "compare", "Compares rows of Aurora with FINAL.", [compare]
    replay = restage_statement(objects, rules, "execution", most_rows=_REPLAYED_ROWS)
    yield "replay", "Puts quarantined rows back in STAGING.", [replay]
    evolve = warehouse_sql.evolve_statements(objects, [table.added], [table.added], table.widened)
    yield "evolve", "Follows a change of the Aurora table.", evolve


def _rendered(template: str, account: SnowflakeAccount) -> list[str]:
    values = {
        "database": quote(account.database),
        "role": quote(account.role),
        "reader_role": quote(account.reader_role),
        "user": quote(account.user),
        "warehouse": quote(account.warehouse),
        "network_policy": quote(account.user),
        "storage_integration": warehouse_sql.storage_integration(account.database),
        "bucket_url": literal(f"s3://{account.bucket}/"),
        "storage_role_arn": literal(account.storage_role_arn),
        "storage_external_id": account.storage_external_id and literal(account.storage_external_id),
        "public_key": account.public_key and literal(account.public_key),
        "public_key_slot": account.public_key_slot,
        "file_format": literal(f'{quote(account.database)}."STAGING"."AURORA_CSV"'),
        "queue_path": literal(f'@{quote(account.database)}."STAGING"."EXPORTS"/_queue/'),
        "workload_identity_arn": account.workload_identity_arn and literal(account.workload_identity_arn),
        "allowed_cidrs": [literal(str(network)) for network in account.allowed_cidrs],
    }
    return statements(render(template, values))


def write(folder: Path, account: SnowflakeAccount) -> list[Path]:
    """Writes every file below `folder`, over those of an earlier time; returns their paths."""
    paths = []
    for file in files(account):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text(account), encoding="utf-8")
        paths.append(path)
    return paths


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.snowflake_sql", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="as cdk takes it")
    credential = parser.add_mutually_exclusive_group()
    credential.add_argument("--public-key-file", type=Path, help="PEM file with the service user's RSA public key")
    credential.add_argument("--workload-identity-arn", help="AWS role that logs in as the service user, without a key")
    parser.add_argument("--bucket", help="output StagingBucketName of the stack")
    parser.add_argument("--storage-role-arn", help="AWS role that Snowflake assumes to read the bucket")
    parser.add_argument("--storage-external-id", help="external id of that role's trust policy")
    parser.add_argument("--allow-cidr", action="append", dest="allowed_cidrs", help="where the functions come from")
    for name in ("role", "reader-role", "user", "warehouse"):
        parser.add_argument(f"--{name}", help="its name; the default is made of the database's")
    return parser


def _account(arguments: argparse.Namespace) -> SnowflakeAccount:
    context = json.loads((_ROOT / "cdk.json").read_text())["context"]
    context |= dict(pair.partition("=")[::2] for pair in arguments.context)
    choices = {name: value for name, value in vars(arguments).items() if value is not None}
    for name in ("folder", "context"):
        del choices[name]
    if path := choices.pop("public_key_file", None):
        choices["public_key"] = read_public_key(path)
    return SnowflakeAccount.of_deployment(Settings.from_context(context), **choices)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files; ends with one sentence where an argument or a context key is wrong."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        account = _account(parsed)
    except (AccountError, SettingsError) as error:
        parser.error(str(error))
    paths = write(parsed.folder, account)
    sys.stdout.write(f"Wrote {len(paths)} files into {parsed.folder}.\n")
    if points := account.open_points:
        sys.stdout.write(f"Still to be filled in, see --help: {', '.join(points)}.\n")


if __name__ == "__main__":
    main()
