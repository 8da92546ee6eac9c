"""The administrator's statements: those of snowflake/admin, and those that make the database."""

from functions.shared.contract.names import literal, quote
from functions.shared.ground.templates import render, statements
from functions.shared.snowflake import statements as table_sql
from functions.shared.snowflake.objects import storage_integration
from infra.snowflake.account import SnowflakeAccount


def account_statements(account: SnowflakeAccount) -> list[str]:
    """Roles, service user, warehouse with its limits, storage integration, network policy.

    Running them again changes nothing.
    """
    return _rendered("admin/account.sql", account)


def database_statements(account: SnowflakeAccount) -> list[str]:
    """Database, schemas, file format, stage and control tables; running them again changes nothing."""
    made = table_sql.bootstrap_statements(account.database, account.bucket, account.final_retention_days)
    return ["USE ROLE SYSADMIN", *made]


def grant_statements(account: SnowflakeAccount) -> list[str]:
    """The privileges of the sync role and the readers; running them again changes nothing."""
    return _rendered("admin/grants.sql", account)


def queue_statements(account: SnowflakeAccount) -> list[str]:
    """The pipe that names the bucket's queue before any table's does; running them again changes nothing."""
    return _rendered("admin/queue.sql", account)


def tear_down_statements(account: SnowflakeAccount) -> list[str]:
    """Drops everything that the other statements make."""
    return _rendered("admin/tear_down.sql", account)


def _rendered(template: str, account: SnowflakeAccount) -> list[str]:
    values = {
        "database": quote(account.database),
        "role": quote(account.role),
        "reader_role": quote(account.reader_role),
        "user": quote(account.user),
        "warehouse": quote(account.warehouse),
        "warehouse_size": account.warehouse_size,
        "warehouse_generation": literal(account.warehouse_generation),
        "statement_timeout_seconds": account.statement_timeout_seconds,
        "statement_queued_timeout_seconds": account.statement_queued_timeout_seconds,
        "merge_warehouses": [quote(name) for name in account.merge_warehouses],
        "monthly_credits": account.monthly_credits,
        "resource_monitor": quote(account.warehouse),
        "network_policy": quote(account.user),
        "storage_integration": storage_integration(account.database),
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
