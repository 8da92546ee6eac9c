"""merge_by: task gives the merge to the table's task in Snowflake; what arrives and what is refused is the same."""

from typing import Any

import pytest

from tests.support.laptop import Laptop

pytestmark = pytest.mark.contract

_RUNS = """
SELECT STATE, RETURN_VALUE FROM TABLE(AURORA.INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => %s)) ORDER BY SCHEDULED_TIME
"""


@pytest.fixture
def amounts(laptop: Laptop) -> str:
    """A table that refuses what FINAL cannot hold, merged by its task, beside one that is merged by query."""
    schema = laptop.new_schema()
    specs: list[dict[str, Any]] = []
    for name, way in (("amounts", "task"), ("others", "query")):
        laptop.sql(f"CREATE TABLE {schema}.{name} (id integer PRIMARY KEY, amount numeric(10,2))")
        laptop.sql(f"INSERT INTO {schema}.{name} SELECT n, n / 3.0 FROM generate_series(1, 50) AS n")
        policy = {"merge_by": way, "on_unrepresentable": "fail"}
        specs.append({"table_name": f"{schema}.{name}", "watermark_type": "xmin", **policy})
    laptop.configure(specs)
    return f"{schema}.amounts"


def runs(laptop: Laptop, table: str) -> list[tuple[Any, ...]]:
    return laptop.warehouse(_RUNS, table.replace(".", "__").upper())


def test_the_task_merges_what_a_query_would(laptop: Laptop, amounts: str) -> None:
    schema = amounts.partition(".")[0]
    others = f"{schema}.others"
    for change in ("", "SET amount = 0 WHERE id < 10"):
        if change:
            laptop.sql(f"UPDATE {amounts} {change}; UPDATE {others} {change}")
        results = laptop.results()
        assert {name: one["status"] for name, one in results.items()} == {amounts: "LOADED", others: "LOADED"}
        assert results[amounts]["merged"] == results[others]["merged"]
        for name in ("amounts", "others"):
            found = laptop.compared(schema, name, results[f"{schema}.{name}"]["target"])
            assert found.identical, found
    assert runs(laptop, amounts) == [("SUCCEEDED", "MERGED")] * 2
    assert runs(laptop, others) == []


def test_what_the_task_refuses_is_a_dead_letter_with_its_columns_and_a_redrive_merges_it(
    laptop: Laptop, amounts: str
) -> None:
    laptop.results()
    target = f"AURORA.FINAL.{amounts.replace('.', '__').upper()}"
    before = laptop.warehouse(f"SELECT * FROM {target} ORDER BY ID")
    laptop.sql(f"UPDATE {amounts} SET amount = 'NaN' WHERE id IN (3, 4); UPDATE {amounts} SET amount = 7 WHERE id = 5")
    failed = laptop.run()
    assert {one["table_name"]: one["status"] for one in failed.tables}[amounts] == "FAILED"
    [letter] = laptop.letters()
    assert (letter["error"], "AMOUNT (2 rows)" in letter["message"]) == ("MergeFailed", True), letter
    assert laptop.warehouse(f"SELECT * FROM {target} ORDER BY ID") == before
    assert runs(laptop, amounts)[-1] == ("SUCCEEDED", "UNREPRESENTABLE 2")

    laptop.sql(f"UPDATE {amounts} SET amount = 8 WHERE id IN (3, 4)")
    laptop.workflow.redrive(failed.execution_arn)
    laptop.workflow.follow(failed.execution_arn)
    found = laptop.warehouse(f"SELECT ID, AMOUNT FROM {target} WHERE ID IN (3, 4, 5) ORDER BY ID")
    assert [(number, str(amount)) for number, amount in found] == [(3, "8.00"), (4, "8.00"), (5, "7.00")]
