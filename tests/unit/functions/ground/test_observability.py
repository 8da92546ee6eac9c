"""What a step writes for CloudWatch."""

import json
from contextlib import nullcontext
from typing import Any
from unittest.mock import Mock

import pytest
from pydantic import BaseModel

from functions.shared.ground.observability import count, step, verdict


class Rows(BaseModel):
    rows: int = 0


@step
def counting(given: Rows) -> Rows:
    count("RowsQuarantined", given.rows)
    if given.rows > 5:
        raise ValueError("too many")
    return given


@pytest.fixture(autouse=True)
def enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")


def written(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if "_aws" in line]


def test_a_table_is_told_beside_the_metric_and_is_no_dimension(
    context: Mock, capsys: pytest.CaptureFixture[str]
) -> None:
    """CloudWatch bills every value of a dimension as one more metric."""
    for table in ("public.a", "public.b"):
        counting({"table": {"table_name": table}, "rows": 3}, context)
    first, second = written(capsys.readouterr().out)
    for line, table in ((first, "public.a"), (second, "public.b")):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["service"]]
        assert (line["service"], line["table"], line["RowsQuarantined"]) == ("sync", table, [3.0])


def test_a_step_that_fails_writes_its_metrics_too(context: Mock, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="too many"):
        counting({"table": {"table_name": "public.a"}, "rows": 6}, context)
    assert [line["RowsQuarantined"] for line in written(capsys.readouterr().out)] == [[6.0]]


@pytest.mark.parametrize(("error", "value"), [(None, [[0.0]]), (KeyError("x"), [[1.0]]), (ValueError("x"), [])])
def test_a_verdict_is_one_for_its_own_errors_and_none_for_others(
    context: Mock, capsys: pytest.CaptureFixture[str], error: Exception | None, value: list[list[float]]
) -> None:
    @step
    @verdict("LoadFailures", KeyError, OSError)
    def judged(given: Rows) -> Rows:
        if error:
            raise error
        return given

    with pytest.raises(type(error)) if error else nullcontext():
        judged({"table": {"table_name": "public.a"}}, context)
    assert [line["LoadFailures"] for line in written(capsys.readouterr().out)] == value
