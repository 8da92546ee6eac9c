"""Every kind of statement that Snowflake is ever given, by what it is."""

from collections.abc import Iterator
from datetime import UTC, datetime

from functions.maintain.moments import Moments
from functions.maintain.statements import history_statement, list_statement, orphans_statement, staging_statement
from functions.shared.contract.columns import Column
from functions.shared.contract.names import SourceTable
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.types import SourceType
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.statements import (
    compare_statement,
    evolve_statements,
    merge_statement,
    restage_statement,
    table_statements,
)
from infra.snowflake.account import SnowflakeAccount
from infra.snowflake.sql_files import files

ROLE_ARN = "arn:aws:iam::123456789012:role/snowflake"
KEY = SnowflakeAccount.of(
    database="AURORA",
    bucket="staging-bucket",
    storage_role_arn=ROLE_ARN,
    public_key="MIIBIjANBgkq",
    allowed_cidrs=["203.0.113.0/24", "198.51.100.7/32"],
)
WORKLOAD = SnowflakeAccount.of(
    database="AURORA",
    bucket="staging-bucket",
    storage_role_arn=ROLE_ARN,
    storage_external_id="aurora-exports",
    workload_identity_arn=ROLE_ARN,
)

ID = Column("id", SourceType("int8", "bigint"), True, 1)
CODE = Column("code", SourceType("text", "text"), False, 2)
AT = Column("updated_at", SourceType("timestamptz", "timestamp with time zone"), False, 3)
AMOUNT = Column("Amount; --", SourceType("numeric", "numeric(10,2)", modifier=(10 << 16 | 2) + 4), False, 4, "fail")
GONE = Column("gone", SourceType("json", "json"), False, 5, dropped=True)
COLUMNS = [ID, CODE, AT, AMOUNT, GONE]
LENIENT = [ID, CODE, AT, GONE]


def files_statements() -> dict[str, list[str]]:
    """The written files' statements: both kinds of service user, and the example tables."""
    made = {f"key pair, {file.path}": list(file.statements) for file in files(KEY)}
    for file in files(WORKLOAD):
        if file.path == "01-account.sql":
            made[f"workload identity, {file.path}"] = list(file.statements)
    return made


def table_variations() -> Iterator[tuple[str, MergeRules]]:
    """Ways to merge a batch: with the examples', every two of key, watermark and deletes meet in one."""
    for key, watermark, soft, columns in (
        ([], None, False, COLUMNS),
        ([ID], AT, True, COLUMNS),
        ([ID], None, False, LENIENT),
        ([ID, CODE], AT, False, LENIENT),
    ):
        parts = [f"key of {len(key)}", "watermark" if watermark else "no watermark", "soft" if soft else "hard"]
        yield ", ".join(parts), MergeRules(columns, key, watermark, soft, schema_version=3, since=2)


def table_statements_of(rules: MergeRules) -> list[str]:
    """All statements of one table but its task, whose script is the merge's."""
    objects = TableObjects("AURORA", SourceTable("public", "orders"))
    row: list[str | None] = [None if number % 2 else "it's 100%\\" for number in range(len(rules.columns))]
    return [
        *table_statements(objects, rules)[:-1],
        *table_statements(objects, rules, replace=True)[:-1],
        *table_statements(objects, rules, replace_pipe=True)[:-1],
        *evolve_statements(objects, [AMOUNT], [AMOUNT], [ID]),
        merge_statement(objects, rules, "b1"),
        restage_statement(objects, rules, "e1", most_rows=10),
        compare_statement(objects, rules, (10, 12), [row, row]),
    ]


def maintenance_statements() -> list[str]:
    """What maintenance runs."""
    moments = Moments.before(datetime(2026, 1, 1, tzinfo=UTC))
    return [
        history_statement("AURORA", moments),
        staging_statement(TableObjects("AURORA", SourceTable("public", "orders")), moments),
        list_statement("AURORA"),
        orphans_statement("AURORA", "staging-bucket", "01b2c3d4", moments),
    ]


def every_statement() -> dict[str, list[str]]:
    """All of them, each text once."""
    made = files_statements()
    made |= {f"table with {kind}": table_statements_of(rules) for kind, rules in table_variations()}
    made["maintenance"] = maintenance_statements()
    seen: set[str] = set()
    return {
        kind: [one for one in statements if not (one in seen or seen.add(one))]  # type: ignore[func-returns-value]
        for kind, statements in made.items()
    }
