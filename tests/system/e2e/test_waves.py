"""A table too big for one export goes through in slices and waves, and loses nothing where a wave fails."""

import time
from collections.abc import Iterator

import pytest

from tests.support.functions import settings
from tests.support.laptop import Laptop
from tests.support.strategies import IN_WAVES, specs


@pytest.fixture
def small_slices(laptop: Laptop) -> Iterator[None]:
    """Slices of 20 kB, three in a wave."""
    with settings(laptop, "watermark", {"SLICE_MEGABYTES": "0.02", "WAVE_SLICES": "3"}):
        yield


def _fill(laptop: Laptop, table: str) -> None:
    laptop.sql(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, note text, updated_at timestamptz NOT NULL DEFAULT now());"
        f"INSERT INTO {table} SELECT n, repeat('x', 50), now() - interval '1 day' + make_interval(secs => n / 100) "
        "FROM generate_series(1, 2000) AS n"
    )


_SPECS = specs(at="updated_at")


@pytest.mark.usefixtures("small_slices")
def test_a_big_table_is_copied_in_slices_and_waves(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    for name in _SPECS:
        _fill(laptop, f"{schema}.{name}")
    laptop.configure([{"table_name": f"{schema}.{name}", **spec} for name, spec in _SPECS.items()])
    results = laptop.results()
    for name in _SPECS:
        result = results[f"{schema}.{name}"]
        assert (result["status"], result["exported"], result["merged"]) == ("LOADED", 2000, 2000), result
        assert laptop.compared(schema, name, result["target"]).identical
        assert len([key for key in laptop.files() if key.startswith(f"{schema}.{name}-v")]) > 3
        assert (result["waves"] > 1) if name in IN_WAVES else (result["waves"] == 1)


@pytest.mark.usefixtures("small_slices")
def test_a_run_killed_between_waves_keeps_what_was_merged_and_the_next_run_goes_on_from_there(laptop: Laptop) -> None:
    schema = laptop.new_schema()
    table = f"{schema}.orders"
    _fill(laptop, table)
    laptop.configure([{"table_name": table, "watermark_col": "updated_at"}])
    killed = laptop.workflow.start()
    deadline = time.monotonic() + 60
    while len(_merged(laptop, table)) < 2:
        assert time.monotonic() < deadline, "no second wave within a minute"
        time.sleep(0.2)
    laptop.aws.client("stepfunctions").stop_execution(executionArn=killed)
    assert laptop.workflow.follow(killed).status == "ABORTED"
    result = laptop.results()[table]
    assert result["status"] == "LOADED"
    assert laptop.compared(schema, "orders", result["target"]).identical
    largest_wave = max(_merged(laptop, table))
    assert sum(_merged(laptop, table)) <= 2000 + largest_wave
    assert result["exported"] < 2000


def _merged(laptop: Laptop, table: str) -> list[int]:
    return [
        int(rows)
        for (rows,) in laptop.warehouse(f"SELECT MERGED FROM AURORA.CONTROL.LEDGER WHERE TABLE_NAME = '{table}'")
    ]
