"""Renders the SQL of maintenance from the templates in `snowflake/maintain`."""

from functions.maintain.moments import Moments
from functions.shared.contract.names import literal, quote
from functions.shared.ground.templates import render
from functions.shared.snowflake.objects import TableObjects


def history_statement(database: str, moments: Moments) -> str:
    """The block that prunes and rewrites the control tables; it returns how many rows it took from each, as JSON."""
    return render("maintain/history.sql", {"database": quote(database), **moments.names()})


def staging_statement(objects: TableObjects, moments: Moments) -> str:
    """The removal of a table's rows in STAGING that no merge will ask for."""
    return render("maintain/staging.sql", {**objects.names(), **moments.names()})


def list_statement(database: str) -> str:
    """Lists every file of the bucket, which is the stage's root."""
    return f'LIST @{quote(database)}."STAGING"."EXPORTS"'


def orphans_statement(database: str, bucket: str, listed: str, moments: Moments) -> str:
    """Counts the files that belong to no batch, of those that the query `listed` listed."""
    values = {"database": quote(database), "bucket_url": literal(f"s3://{bucket}/"), "listed": literal(listed)}
    return render("maintain/orphans.sql", {**values, **moments.names()})
