"""What on_unrepresentable decides, column by column, about values that FINAL's types cannot hold."""

import json
from typing import Any

import pytest

from tests.support.laptop import Laptop

DAYS = "(1, '2024-02-29', 1.5), (2, 'infinity', 'NaN'), (3, '-infinity', 2), (4, NULL, NULL)"
COLUMNS = "(id integer PRIMARY KEY, day date, amount numeric(5,2))"
CASES: dict[str, tuple[str, str, Any]] = {
    "failing": (COLUMNS, DAYS, "fail"),
    "fail_one": (COLUMNS, DAYS, {"amount": "fail", "*": "quarantine"}),
    "mixed": (COLUMNS, DAYS, {"day": "text"}),
    "text_but_one": (COLUMNS, DAYS, {"amount": "quarantine", "*": "text"}),
    "fail_unused": (COLUMNS, "(1, '2024-02-29', 1.5)", "fail"),
    "key": ("(day date PRIMARY KEY, id integer, amount numeric(5,2))",
    "('2024-02-29', 1, 1), ('infinity', 2, 'NaN')", "quarantine"),
    "key_as_text": ("(day date PRIMARY KEY, id integer)", "('2024-02-29', 1), ('infinity', 2)", {"day": "text"}),
    "long": ("(id integer PRIMARY KEY, body text, day date)", "(1, repeat('x', 5000000), 'infinity')", "quarantine"),
    "unknown": ("(id integer PRIMARY KEY, rights aclitem)", "(1, 'aurora_owner=r/aurora_owner')", "quarantine"),
    "unknown_as_text": ("(id integer PRIMARY KEY, rights aclitem)", "(1, 'aurora_owner=r/aurora_owner')",
    {"rights": "text"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(laptop: Laptop) -> dict[str, dict[str, Any]]:
    schema = laptop.new_schema()
    for name, (columns, rows, _) in CASES.items():
        laptop.sql(f"CREATE TABLE {schema}.{name} {columns}")
        laptop.sql(f"INSERT INTO {schema}.{name} VALUES {rows}")
    laptop.configure(
        [
            {"table_name": f"{schema}.{name}", "watermark_type": "xmin", "on_unrepresentable": policy}
            for name, (_, _, policy) in CASES.items()
        ]
    )
    return {name.partition(".")[2]: result for name, result in laptop.results().items()}


def final(laptop: Laptop, result: dict[str, Any], columns: str) -> list[tuple[Any, ...]]:
    return laptop.warehouse(f"SELECT {columns} FROM {result['target']} ORDER BY ID")


def test_fail_merges_nothing_and_names_columns_and_rows(laptop: Laptop, results: dict[str, Any]) -> None:
    failed = results["failing"]
    assert failed["status"] == "FAILED"
    assert "MergeFailed" in failed["error"]
    assert "DAY (2 rows)" in failed["error"]
    assert "AMOUNT (1 rows)" in failed["error"]
    assert final(laptop, failed, "ID") == []
    assert laptop.warehouse("SELECT 1 FROM AURORA.CONTROL.QUARANTINE WHERE TABLE_NAME = %s", failed["table_name"]) == []


def test_one_column_that_fails_stops_the_batch_whatever_the_others_say(laptop: Laptop, results: dict[str, Any]) -> None:
    failed = results["fail_one"]
    assert (failed["status"], final(laptop, failed, "ID")) == ("FAILED", [])
    assert "AMOUNT (1 rows)" in failed["error"]


def test_fail_lets_a_batch_pass_that_fits(results: dict[str, Any]) -> None:
    assert (results["fail_unused"]["status"], results["fail_unused"]["merged"]) == ("LOADED", 1)


def test_a_column_that_is_text_holds_what_another_cannot(laptop: Laptop, results: dict[str, Any]) -> None:
    mixed = results["mixed"]
    assert (mixed["quarantined"], mixed["quarantined_columns"]) == (1, {"AMOUNT": 1})
    assert [row[:2] for row in final(laptop, mixed, "ID, DAY")] == [
        (1, "2024-02-29"),
        (2, "infinity"),
        (3, "-infinity"),
        (4, None),
    ]


def test_the_star_is_for_all_other_columns(laptop: Laptop, results: dict[str, Any]) -> None:
    others = results["text_but_one"]
    assert others["quarantined_columns"] == {"AMOUNT": 1}
    assert final(laptop, others, "ID, DAY")[1] == ("2", "infinity")


def test_a_row_whose_key_cannot_be_held_is_listed_and_not_merged(laptop: Laptop, results: dict[str, Any]) -> None:
    keyed = results["key"]
    assert (keyed["merged"], keyed["quarantined"]) == (1, 1)
    assert keyed["quarantined_columns"] == {"DAY": 1, "AMOUNT": 1}
    assert final(laptop, keyed, "ID") == [(1,)]
    [(reason, raw)] = laptop.warehouse(
        "SELECT REASON, RAW FROM AURORA.CONTROL.QUARANTINE WHERE TABLE_NAME = %s", keyed["table_name"]
    )
    assert '"DAY"' in reason
    assert "infinity" in raw


def test_a_key_that_is_text_can_be_anything(laptop: Laptop, results: dict[str, Any]) -> None:
    assert results["key_as_text"]["quarantined"] == 0
    assert final(laptop, results["key_as_text"], "DAY") == [("2024-02-29",), ("infinity",)]


def test_a_row_too_long_to_keep_is_listed_by_its_place_in_the_file(laptop: Laptop, results: dict[str, Any]) -> None:
    long = results["long"]
    assert (long["quarantined"], long["quarantined_columns"]) == (1, {"DAY": 1})
    assert final(laptop, long, "LENGTH(BODY), DAY") == [(5_000_000, None)]
    [(file, row, raw)] = laptop.warehouse(
        "SELECT FILE_NAME, ROW_NUMBER, RAW FROM AURORA.CONTROL.QUARANTINE WHERE TABLE_NAME = %s", long["table_name"]
    )
    assert file in laptop.files()
    assert (row, json.loads(raw)) == (1, {"_TOO_LONG": True})


def test_a_type_that_the_contract_does_not_know_stops_its_table_by_name(results: dict[str, Any]) -> None:
    failed = results["unknown"]
    assert failed["status"] == "FAILED"
    for word in ("InvalidConfiguration", "rights", "aclitem", "on_unrepresentable"):
        assert word in failed["error"]


def test_a_type_that_the_contract_does_not_know_can_be_text(laptop: Laptop, results: dict[str, Any]) -> None:
    assert final(laptop, results["unknown_as_text"], "RIGHTS") == [("aurora_owner=r/aurora_owner",)]
