"""The same tests against a deployed stack: where it is comes from variables of the environment.

LIVE_STACK is the stack's name, LIVE_AURORA_DSN a login of the tables' owner, LIVE_SNOWFLAKE_CONNECTION a connection of
the connector's connections.toml. AWS's own chain finds account and region.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
import psycopg2
from botocore.config import Config

from local.aws.server import Aws
from local.endpoints import Endpoints
from tests.support.laptop import Laptop

VARIABLES = ("LIVE_STACK", "LIVE_AURORA_DSN", "LIVE_SNOWFLAKE_CONNECTION")


class NotForTests(RuntimeError):
    """The stack copies tables already."""


class Account(Aws):
    """The account that boto3 finds by itself."""

    def client(self, service: str, **config: Any) -> Any:
        session: Any = boto3.Session()
        return session.client(service, config=Config(**config))


def unset(environment: Mapping[str, str]) -> str:
    """The variables that are missing, as a reason to skip; '' where none is."""
    missing = [name for name in VARIABLES if not environment.get(name)]
    return f"not set: {', '.join(missing)} (docs/live-tests.md)" if missing else ""


@contextmanager
def deployed(environment: Mapping[str, str]) -> Iterator[Laptop]:
    """The stack, whose list of tables the tests write, and in which they leave no schema behind.

    Raises NotForTests where that list is not empty.
    """
    aws = Account("", "", "", "")
    stacks = aws.client("cloudformation").describe_stacks(StackName=environment["LIVE_STACK"])["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks[0]["Outputs"]}
    known = Endpoints(
        aws={},
        postgres={"dsn": environment["LIVE_AURORA_DSN"]},
        snowflake={"connection_name": environment["LIVE_SNOWFLAKE_CONNECTION"]},
        vault={},
        bucket=outputs["StagingBucketName"],
        state_machine_arn=outputs["StateMachineArn"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        parameter_prefix=outputs["ParameterPrefix"],
    )
    live = Laptop(known, aws, schemas=f"contract_{uuid4().hex[:8]}_")
    configured = live.configured()
    if configured:
        raise NotForTests(
            f"{environment['LIVE_STACK']} copies tables already ({json.dumps(configured)[:200]}): deploy a stack "
            "of its own for these tests, with another stack_name, parameter_prefix and snowflake_database"
        )
    try:
        yield live
    finally:
        live.configure([])
        _drop(live)


def _drop(live: Laptop) -> None:
    with psycopg2.connect(live.known["postgres"]["dsn"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(nspname) FROM pg_namespace WHERE starts_with(nspname, %s)", (live.schemas,))
        for (schema,) in cursor.fetchall():
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
    connection.close()
