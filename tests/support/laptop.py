"""A deployed stack, the laptop's or an account's, as a test sees it: SQL in, an execution, rows out."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg2
import snowflake.connector

from local import endpoints
from local.aws.server import Aws
from local.endpoints import Endpoints
from operate.compare import Comparison, compare
from operate.runs import Outcome, Workflow

_schemas = count(1)


class Laptop:
    """The deployed system; each test works in a schema of its own."""

    def __init__(self, known: Endpoints, aws: Aws | None = None, schemas: str = "t") -> None:
        self.known = known
        self.aws = aws or endpoints.aws_of(known)
        self.schemas = schemas
        self.workflow = Workflow(self.aws.client("stepfunctions"), known["state_machine_arn"])
        self.prefix = known["parameter_prefix"]

    def new_schema(self) -> str:
        """A schema that no other test uses."""
        name = f"{self.schemas}{next(_schemas)}"
        self.sql(f"CREATE SCHEMA {name}")
        return name

    def connect(self) -> Any:
        """A session of the owner role, autocommit."""
        connection = psycopg2.connect(self.known["postgres"]["dsn"])
        connection.autocommit = True
        return connection

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs one statement in Aurora as the owner."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def warehouse(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs one statement in Snowflake."""
        with snowflake.connector.connect(**self.known["snowflake"]) as connection, connection.cursor() as cursor:
            cursor.execute(statement, list(values) or None)
            return [tuple(row) for row in cursor.fetchall()]

    def pipe(self, object_name: str) -> str:
        """The pipe of the present layout of a table's files."""
        shown = self.warehouse(f"SHOW PIPES LIKE '{object_name}$$v%' IN SCHEMA AURORA.STAGING")
        layout = max(int(row[1].rpartition("v")[2]) for row in shown)
        return f'AURORA.STAGING."{object_name}$$v{layout}"'

    def configure(self, specs: Any) -> None:
        """Replaces the list of tables; a string is stored as it is."""
        text = specs if isinstance(specs, str) else json.dumps(specs)
        self.put("tables", text)

    def put(self, name: str, text: str) -> None:
        """Writes one parameter below the prefix."""
        ssm = self.aws.client("ssm")
        ssm.put_parameter(Name=f"{self.prefix}/{name}", Value=text, Type="String", Overwrite=True)

    def configured(self) -> Any:
        """The stored list of tables; empty while nobody has written one."""
        found = self.aws.client("ssm").get_parameters(Names=[f"{self.prefix}/tables"])["Parameters"]
        return json.loads(found[0]["Value"]) if found else []

    def run(self, *tables: str) -> Outcome:
        """One execution from start to end."""
        return self.workflow.follow(self.workflow.start(tables))

    def results(self, *tables: str) -> dict[str, dict[str, Any]]:
        """One execution's results by table."""
        return {one["table_name"]: one for one in self.run(*tables).tables}

    def letters(self) -> list[dict[str, Any]]:
        """All dead letters, which are taken off the queue."""
        queue, url, found = self.aws.client("sqs"), self.known["dead_letter_queue_url"], []
        while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def files(self) -> set[str]:
        """The keys in the staging bucket."""
        pages = self.aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.known["bucket"])
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    @contextmanager
    def events_lost(self) -> Iterator[None]:
        """The bucket tells nobody of new files."""
        s3, bucket = self.aws.client("s3"), self.known["bucket"]
        found = s3.get_bucket_notification_configuration(Bucket=bucket)
        found.pop("ResponseMetadata", None)
        assert found, "the bucket has no notification to lose"
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        try:
            yield
        finally:
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=found)

    def send_events(self, keys: Iterable[str]) -> None:
        """An ObjectCreated event for each key, as S3 sends it."""
        queue, bucket = self.aws.client("sqs"), self.known["bucket"]
        url = queue.get_queue_url(QueueName="snowpipe")["QueueUrl"]
        for key in keys:
            record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
            queue.send_message(QueueUrl=url, MessageBody=json.dumps({"Records": [record]}))

    def merged_batches(self) -> int:
        """How many merges were ever committed."""
        return int(self.warehouse("SELECT COUNT(*) FROM AURORA.CONTROL.LEDGER")[0][0])

    def compared(self, schema: str, table: str, target: str) -> Comparison:
        """Both sides of one table."""
        return compare(self.known["postgres"]["dsn"], self.known["snowflake"], schema, table, target)
