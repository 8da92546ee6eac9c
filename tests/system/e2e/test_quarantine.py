"""What FINAL could not hold, or Snowpipe not load: listed, and gone from the list once the cause is mended."""

import re
import time
from typing import Any

import pytest

from tests.support.laptop import Laptop

POLICY = {"on_unrepresentable": {"day": "text"}}


@pytest.fixture
def days(laptop: Laptop) -> str:
    """A table with a date that Snowflake does not know, beside another table; both synced."""
    schema = laptop.new_schema()
    days, other = f"{schema}.days", f"{schema}.other"
    laptop.sql(f"CREATE TABLE {days} (id integer PRIMARY KEY, day date)")
    laptop.sql(f"INSERT INTO {days} VALUES (1, '2026-01-01'), (2, 'infinity'), (3, NULL)")
    laptop.sql(f"CREATE TABLE {other} (id integer PRIMARY KEY); INSERT INTO {other} VALUES (1)")
    configure(laptop, days)
    results = laptop.results()
    found = results[days]
    assert (found["status"], found["quarantined_columns"]) == ("LOADED", {"DAY": 1}), found.get("error")
    assert final(laptop, days) == [(1, "2026-01-01"), (2, None), (3, None)]
    return days


def configure(laptop: Laptop, days: str, **more: Any) -> None:
    other = days.replace(".days", ".other")
    specs = [{"table_name": days, **more}, {"table_name": other}]
    laptop.configure([{"watermark_type": "xmin", **spec} for spec in specs])


def target(days: str) -> str:
    return f"AURORA.FINAL.{days.replace('.', '__').upper()}"


def final(laptop: Laptop, days: str) -> list[tuple[Any, ...]]:
    return laptop.warehouse(f"SELECT ID, DAY::VARCHAR FROM {target(days)} ORDER BY ID")


def listed(laptop: Laptop, table: str) -> list[tuple[Any, ...]]:
    query = "SELECT FILE_NAME, ROW_NUMBER, VERSION, REASON, RAW FROM AURORA.CONTROL.QUARANTINE WHERE TABLE_NAME = %s"
    return laptop.warehouse(query, table)


def replay(laptop: Laptop, *tables: str) -> dict[str, dict[str, Any]]:
    outcome = laptop.workflow.follow(laptop.workflow.start(tables, replay=True))
    return {one["table_name"]: one for one in outcome.tables}


@pytest.mark.contract
def test_a_column_made_text_holds_what_was_in_quarantine(laptop: Laptop, days: str) -> None:
    other = days.replace(".days", ".other")
    configure(laptop, days, **POLICY)
    laptop.sql(f"INSERT INTO {other} VALUES (2)")
    failed = laptop.run()
    statuses = {one["table_name"]: one["status"] for one in failed.tables}
    assert statuses == {days: "FAILED", other: "LOADED"}
    [letter] = laptop.letters()
    assert letter["error"] == "SchemaMismatch"
    [statement] = re.findall(r'run (ALTER TABLE \S+ RENAME COLUMN \S+ TO "[^"]+")', letter["message"])
    laptop.warehouse(statement)
    laptop.workflow.redrive(failed.execution_arn)
    [made] = laptop.workflow.follow(failed.execution_arn).tables
    assert (made["status"], "made again" in made["note"]) == ("LOADED", True)
    assert final(laptop, days) == [(1, None), (2, None), (3, None)]

    merges = laptop.merged_batches()
    results = replay(laptop)
    assert (results[other]["status"], results[other]["note"]) == ("IDLE", "nothing in quarantine")
    assert results[days]["status"] == "LOADED"
    assert results[days]["note"] == "1 rows replayed, 1 settled, 0 remain in quarantine"
    assert final(laptop, days) == [(1, None), (2, "infinity"), (3, None)]
    assert listed(laptop, days) == []
    assert laptop.merged_batches() == merges + 1
    assert replay(laptop, days)[days]["status"] == "IDLE"

    laptop.sql(f"INSERT INTO {days} VALUES (4, '-infinity')")
    assert laptop.results()[days]["exported"] == 1
    configure(laptop, days, **POLICY, full_refresh=True)
    assert replay(laptop, days)[days]["status"] == "IDLE"
    assert laptop.configured()[0]["full_refresh"] is True
    assert laptop.results()[days]["quarantined"] == 0
    assert final(laptop, days) == laptop.sql(f"SELECT id, day::text FROM {days} ORDER BY id")


def test_a_replay_that_failed_is_replayed_by_a_redrive(laptop: Laptop, days: str) -> None:
    final_table = target(days)
    laptop.warehouse(f"ALTER TABLE {final_table} RENAME COLUMN DAY TO DAY_AWAY")
    failed = laptop.workflow.follow(laptop.workflow.start([days], replay=True))
    assert failed.status == "FAILED"
    [letter] = laptop.letters()
    assert (letter["state"], letter["rerun_input"]) == ("Merge", {"tables": [days], "replay": True})
    assert len(listed(laptop, days)) == 1
    laptop.warehouse(f"ALTER TABLE {final_table} RENAME COLUMN DAY_AWAY TO DAY")
    laptop.workflow.redrive(failed.execution_arn)
    [again] = laptop.workflow.follow(failed.execution_arn).tables
    assert (again["status"], again["note"]) == ("LOADED", "1 rows replayed, 0 settled, 1 remain in quarantine")
    assert len(listed(laptop, days)) == 1


def test_a_refused_file_is_listed_until_a_run_brings_its_rows(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    table = f"{schema}.t"
    laptop.sql(f"CREATE TABLE {table} (id integer PRIMARY KEY); INSERT INTO {table} VALUES (1)")
    laptop.configure([{"table_name": table, "watermark_type": "xmin"}])
    laptop.run()
    pipe = laptop.pipe(f"{schema.upper()}__T")
    laptop.sql(f"INSERT INTO {table} VALUES (2), (3)")
    earlier = laptop.files()

    laptop.warehouse(f"ALTER PIPE {pipe} SET PIPE_EXECUTION_PAUSED = TRUE")
    execution = laptop.workflow.start()
    file = _written(laptop, earlier)
    laptop.aws.client("s3").put_object(Bucket=laptop.known["bucket"], Key=file, Body=b",2\none,column,too,many,here\n")
    laptop.warehouse(f"ALTER PIPE {pipe} SET PIPE_EXECUTION_PAUSED = FALSE")
    [result] = laptop.workflow.follow(execution).tables
    assert result["error"].startswith("LoadFailed: ")
    [(name, line, version, reason, raw)] = listed(laptop, table)
    assert (name, line, raw) == (file, 2, None)
    assert version > 0
    assert reason in result["error"]

    assert replay(laptop)[table]["note"].startswith("nothing in quarantine; 1 refused files stay listed")
    mended = laptop.results()[table]
    assert (mended["status"], mended["merged"]) == ("LOADED", 2)
    assert listed(laptop, table) == []
    assert laptop.compared(schema, "t", mended["target"]).identical


def _written(laptop: Laptop, earlier: set[str]) -> str:
    """The key of the next file that an export writes."""
    deadline = time.monotonic() + 60
    while not (new := laptop.files() - earlier):
        assert time.monotonic() < deadline, "no file within a minute"
        time.sleep(0.1)
    [key] = new
    return key
