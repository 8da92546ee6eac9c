"""A table that cannot run says why in one sentence, and no other table notices."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import set_wait_scale
from tests.support.functions import settings
from tests.support.laptop import Laptop
from tests.support.packages import edited


@pytest.mark.contract
def test_one_broken_table_leaves_a_dead_letter_and_a_redrive_runs_only_that_table(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    tables = [f"{schema}.t{n}" for n in range(8)]
    for table in tables:
        laptop.sql(f"CREATE TABLE {table} (id integer PRIMARY KEY); INSERT INTO {table} VALUES (1)")
    laptop.configure([{"table_name": table, "watermark_type": "xmin"} for table in tables])
    laptop.sql(f"REVOKE SELECT ON {tables[3]} FROM aurora_sync")

    failed = laptop.run()
    assert failed.status == "FAILED"
    assert {one["table_name"]: one["status"] for one in failed.tables} == {
        table: "FAILED" if table == tables[3] else "LOADED" for table in tables
    }
    (letter,) = laptop.letters()
    assert letter["error"] == "AccessDenied"
    assert tables[3] in letter["message"]
    assert "GRANT SELECT" in letter["message"]
    assert letter["rerun_input"] == {"tables": [tables[3]]}

    by_hand = laptop.run(*letter["rerun_input"]["tables"])
    assert [(one["table_name"], one["status"]) for one in by_hand.tables] == [(tables[3], "FAILED")]
    laptop.sql(f"GRANT SELECT ON {tables[3]} TO aurora_sync")
    merges = laptop.merged_batches()
    laptop.workflow.redrive(failed.execution_arn)
    mended = laptop.workflow.follow(failed.execution_arn)
    assert mended.status == "SUCCEEDED"
    assert [(one["table_name"], one["status"]) for one in mended.tables] == [(tables[3], "LOADED")]
    assert laptop.merged_batches() == merges + 1


@pytest.mark.contract
def test_every_mistake_ends_in_one_sentence_and_the_good_tables_run(laptop: Laptop) -> None:
    s = laptop.new_schema()
    laptop.sql(f"CREATE TABLE {s}.good (id integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), n text)")
    laptop.sql(f"INSERT INTO {s}.good VALUES (1)")
    laptop.sql(f"CREATE TABLE {s}.keyless (n integer); INSERT INTO {s}.keyless VALUES (1)")
    laptop.sql(f"CREATE TABLE {s}.nulls (id integer PRIMARY KEY, at timestamptz)")
    laptop.sql(f"INSERT INTO {s}.nulls VALUES (1, now()), (2, NULL), (3, NULL)")
    laptop.sql(f"CREATE VIEW {s}.seen AS SELECT 1 AS id")
    for name in "abcdef":
        laptop.sql(f"CREATE TABLE {s}.{name} (LIKE {s}.good INCLUDING ALL)")
    mistakes: dict[str, tuple[dict[str, Any], list[str]]] = {
        f"{s}.a": ({"watermark_colum": "at"}, ["unknown key 'watermark_colum'", "did you mean 'watermark_col'"]),
        f"{s}.b": (
            {"watermark_type": "timestmp", "watermark_col": "at"},
            ["watermark_type 'timestmp'", "full_snapshot"],
        ),
        f"{s}.c": ({}, ["watermark_col is missing"]),
        f"{s}.d": ({"watermark_col": "changed"}, ["watermark_col names column 'changed'", "id, at, n"]),
        f"{s}.e": ({"watermark_type": "composite", "watermark_cols": ["at"]}, ["watermark_cols needs two"]),
        f"{s}.f": ({"watermark_col": "n"}, ["watermark_col names 'n', which is text"]),
        f"{s}.keyless": ({"watermark_type": "xmin"}, ["no primary key", "full_snapshot"]),
        f"{s}.nulls": ({"watermark_col": "at"}, ["2 rows have NULL in watermark column 'at'", "NOT NULL"]),
        f"{s}.seen": ({"watermark_type": "full_snapshot"}, ["not a table"]),
        f"{s}.absent": ({"watermark_type": "xmin"}, ["names no table in Aurora"]),
        f'{s}.good"; drop table {s}.good; --': ({"watermark_type": "xmin"}, ["table_name"]),
        f"{s}.Good": ({"watermark_type": "xmin"}, [f"did you mean {s}.good"]),
    }
    good = {"table_name": f"{s}.good", "watermark_col": "at"}
    twice = {"table_name": f"{s}.twice", "watermark_type": "xmin"}
    laptop.configure([good, *({"table_name": t, **spec} for t, (spec, _) in mistakes.items()), twice, twice])
    laptop.put(f"tables/{s}.unreadable", "{not json")
    try:
        outcome = laptop.run()
    finally:
        laptop.aws.client("ssm").delete_parameter(Name=f"{laptop.prefix}/tables/{s}.unreadable")
    results = {one["table_name"]: one for one in outcome.tables}
    letters = {letter["table_name"]: letter for letter in laptop.letters()}
    expected = {
        **{table: phrases for table, (_, phrases) in mistakes.items()},
        f"{s}.twice": ["two specifications"],
        f"{s}.unreadable": ["not valid JSON", "line 1"],
    }
    assert results.pop(f"{s}.good")["status"] == "LOADED"
    assert results.keys() == letters.keys() == expected.keys()
    for table, phrases in expected.items():
        message = letters[table]["message"]
        for phrase in (*phrases, table):
            assert phrase in message
        assert "Traceback" not in message
        assert "\n" not in message
        assert results[table]["error"].endswith(message)
    assert laptop.sql(f"SELECT count(*) FROM {s}.good") == [(1,)]


def test_a_role_that_cannot_see_open_transactions_is_refused(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    laptop.sql(f"CREATE TABLE {schema}.t (id integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    laptop.configure([{"table_name": f"{schema}.t", "watermark_col": "at"}])
    laptop.sql("REVOKE pg_monitor FROM aurora_sync")
    try:
        laptop.run()
    finally:
        laptop.sql("GRANT pg_monitor TO aurora_sync")
    (letter,) = laptop.letters()
    assert letter["error"] == "FenceRefused"
    assert "GRANT pg_monitor TO aurora_sync" in letter["message"]


def test_a_wrong_vault_role_is_named(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    laptop.sql(f"CREATE TABLE {schema}.t (id integer PRIMARY KEY)")
    laptop.configure([{"table_name": f"{schema}.t", "watermark_type": "xmin"}])
    with settings(laptop, "watermark", {"VAULT_ROLE": "somebody-else"}):
        laptop.run()
    (letter,) = laptop.letters()
    assert letter["error"] == "AccessDenied"
    assert "role 'somebody-else'" in letter["message"]


@pytest.fixture
def short_waits(laptop: Laptop) -> Iterator[None]:
    """Between the attempts of a step."""
    set_wait_scale(laptop.aws, 0.02)
    yield
    set_wait_scale(laptop.aws, 1)


@pytest.mark.usefixtures("short_waits")
def test_an_export_that_names_no_key_is_refused_by_the_bucket(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    laptop.sql(f"CREATE TABLE {schema}.t (id integer PRIMARY KEY); INSERT INTO {schema}.t VALUES (1)")
    laptop.configure([{"table_name": f"{schema}.t", "watermark_type": "xmin"}])
    before = laptop.files()
    with edited(laptop, "export", {"functions/export/handler.py": _without_key}):
        [result] = laptop.run().tables
    assert result["error"].startswith("ExportFailed: ")
    assert "explicit deny" in result["error"]
    assert laptop.files() == before


def _without_key(handler: str) -> str:
    named = ", kms_key := %(kms_key)s"
    assert named in handler
    return handler.replace(named, "")


@pytest.mark.parametrize(
    ("tables", "says"),
    [("[]", "No table is configured"), ("[{]", "is not valid JSON")],
)
def test_without_a_table_the_command_says_what_to_write(laptop: Laptop, tables: str, says: str, tmp_path: Path) -> None:
    laptop.configure(tables)
    (tmp_path / "endpoints.json").write_text(json.dumps(laptop.known))
    command = [sys.executable, "-m", "local", "run", "--json", "--home", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert told["status"] == "FAILED"
    sentence = told.get("error") or told["tables"][0]["error"]
    assert says in sentence
    assert f"{laptop.prefix}/tables" in sentence
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_command_prints_one_object_with_every_table(laptop: Laptop, tmp_path: Path) -> None:
    schema = laptop.new_schema()
    for name in ("one", "two"):
        laptop.sql(f"CREATE TABLE {schema}.{name} (id integer PRIMARY KEY); INSERT INTO {schema}.{name} VALUES (1)")
    laptop.configure(
        {"tables": [{"table_name": f"{schema}.{name}", "watermark_type": "xmin"} for name in ("one", "two")]}
    )
    (tmp_path / "endpoints.json").write_text(json.dumps(laptop.known))
    command = [sys.executable, "-m", "local", "run", "--json", "--home", str(tmp_path), "--tables", f"{schema}.one"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert told["status"] == "SUCCEEDED"
    assert told["execution_arn"].startswith("arn:aws:states:")
    (result,) = told["tables"]
    counts = {name: result[name] for name in ("exported", "loaded", "merged", "deleted", "quarantined")}
    assert counts == {"exported": 1, "loaded": 1, "merged": 1, "deleted": 0, "quarantined": 0}
    assert (result["table_name"], result["strategy"], result["status"]) == (f"{schema}.one", "xmin", "LOADED")
    assert result["target"] == f"AURORA.FINAL.{schema.upper()}__ONE"
