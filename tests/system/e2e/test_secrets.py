"""No secret shows in what a run leaves behind, whether it ends well or badly, at the most talkative log level."""

import json
import re
import secrets
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from infra.constructs.function_specs import FUNCTIONS
from local.aurora.server import DATABASE, SYNC_ROLE
from local.cloud.context import AURORA_SECRET, STACK
from tests.support.edits import appended
from tests.support.functions import settings
from tests.support.laptop import Laptop
from tests.support.packages import edited

# What opens something though no test knows its value: Vault's tokens, AWS's signatures and sessions, private keys.
_BEARERS = re.compile(
    r"\b(?:hvs|s)\.[A-Za-z0-9_-]{24,}|Signature=[0-9a-f]{64}|X-Amz-Security-Token\W+\w|-----BEGIN [A-Z ]*KEY"
)
_TELLS = """
read = _read_kv


def _read_kv(client, path):
    known = read(client, path)
    print(known)
    return known
"""


@pytest.fixture
def table(laptop: Laptop) -> str:
    """A table that is synced by its own timestamps."""
    schema = laptop.new_schema()
    laptop.sql(f"CREATE TABLE {schema}.orders (id integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    laptop.sql(f"INSERT INTO {schema}.orders SELECT n FROM generate_series(1, 10) AS n")
    laptop.configure([{"table_name": f"{schema}.orders", "watermark_col": "at"}])
    return f"{schema}.orders"


@pytest.fixture
def password(laptop: Laptop) -> str:
    """Aurora's password, which Vault was told and no warm session has used."""
    made = secrets.token_urlsafe(18)
    laptop.sql(f"ALTER ROLE {SYNC_ROLE} PASSWORD '{made}'")
    tell_vault(laptop, made)
    laptop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", SYNC_ROLE)
    return made


@pytest.fixture(autouse=True)
def talkative(laptop: Laptop) -> Iterator[None]:
    """Every function logs what it can."""
    with environment(laptop, POWERTOOLS_LOG_LEVEL="DEBUG", AWS_LAMBDA_LOG_LEVEL="DEBUG"):
        yield


@contextmanager
def environment(laptop: Laptop, **variables: str) -> Iterator[None]:
    with ExitStack() as undo:
        for spec in FUNCTIONS:
            undo.enter_context(settings(laptop, spec.dashed, variables))
        yield


def tell_vault(laptop: Laptop, password: str) -> None:
    port = int(laptop.known["postgres"]["dsn"].rsplit(":", 1)[1].split("/")[0])
    secret = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": SYNC_ROLE, "password": password}
    orders = json.dumps({"secrets": {AURORA_SECRET: {**secret, "sslmode": "disable"}}})
    url = f"{laptop.known['vault']['url']}/laptop/faults"
    urllib.request.urlopen(urllib.request.Request(url, data=orders.encode(), method="POST"), timeout=10).close()  # noqa: S310 -- the laptop's


def logged(laptop: Laptop, since: float) -> str:
    """Every line that a function wrote since then."""
    logs, lines = laptop.aws.client("logs"), []
    for spec in FUNCTIONS:
        group = f"/aws/lambda/{STACK}-{spec.dashed}"
        try:
            for page in logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(since * 1000)
            ):
                lines += [event["message"] for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:  # of a function that never ran
            continue
    return "\n".join(lines)


def told(laptop: Laptop, execution: str) -> str:
    """Every input, output and error in the histories of the execution and of its tables."""
    states = laptop.aws.client("stepfunctions")
    executions = [execution]
    for run in states.list_map_runs(executionArn=execution)["mapRuns"]:
        executions += [one["executionArn"] for one in states.list_executions(mapRunArn=run["mapRunArn"])["executions"]]
    events: list[Any] = []
    for one in executions:
        for page in states.get_paginator("get_execution_history").paginate(executionArn=one):
            events += page["events"]
    return json.dumps(events, default=str)


def left_behind(laptop: Laptop, since: float, execution: str) -> str:
    """All that can be read of a run without asking Vault."""
    stack = laptop.aws.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    letters = json.dumps(laptop.letters())
    return "\n".join([logged(laptop, since), told(laptop, execution), letters, json.dumps(stack, default=str)])


def test_a_good_and_a_bad_run_leave_no_secret_behind(laptop: Laptop, table: str, password: str) -> None:
    began = time.time()
    good = laptop.run()
    assert [one["status"] for one in good.tables] == ["LOADED"]

    laptop.sql(f"INSERT INTO {table} VALUES (11)")
    wrong = secrets.token_urlsafe(18)
    tell_vault(laptop, wrong)
    laptop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", SYNC_ROLE)
    with environment(laptop, POWERTOOLS_LOG_LEVEL="DEBUG", COLD="1"):
        bad = laptop.run()
    tell_vault(laptop, password)
    assert [one["status"] for one in bad.tables] == ["FAILED"]
    assert SYNC_ROLE in str(bad.tables[0]["error"])

    for execution in (good.execution_arn, bad.execution_arn):
        text = left_behind(laptop, began, execution)
        assert table in text
        for secret in (
            password,
            wrong,
            laptop.known["snowflake"]["password"],
            laptop.known["aws"]["secret_access_key"],
        ):
            assert secret not in text
        assert _BEARERS.findall(text) == []


def test_a_secret_that_a_function_logged_would_be_found(laptop: Laptop, table: str, password: str) -> None:
    began = time.time()
    with edited(laptop, "watermark", appended("functions/shared/access/vault.py", _TELLS)):
        outcome = laptop.run()
    assert password in left_behind(laptop, began, outcome.execution_arn)
