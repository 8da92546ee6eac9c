"""LIST of an external stage."""

from __future__ import annotations

from datetime import UTC

import pyarrow as pa

from local.snowflake.language.result import Result, rows
from local.snowflake.language.scanner import Scanner
from local.snowflake.pipes.pipe_definition import stage_reference, stage_url
from local.snowflake.pipes.pipes import Pipes
from local.snowflake.session.context import Context


def lists_files(scanner: Scanner) -> bool:
    """Whether it is LIST, also as LS; the scanner then stands behind that word."""
    return scanner.accept("LIST") or scanner.accept("LS")


def list_files(scanner: Scanner, context: Context, pipes: Pipes) -> Result:
    """`@stage[/path]`: each object below it by its address, with the time as text."""
    stage, path = stage_reference(scanner)
    scanner.expect_end()
    location = stage_url(context, context.resolve(Scanner(stage).parts())) + path.lstrip("/")
    columns = {"name": pa.string(), "size": pa.int64(), "md5": pa.string(), "last_modified": pa.string()}
    return rows(columns, [
        (found.url, found.size, found.md5, f"{found.modified.astimezone(UTC):%a, %-d %b %Y %H:%M:%S} GMT")
        for found in pipes.list_objects(location)
    ])  # fmt: skip
