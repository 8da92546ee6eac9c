"""Watermarks as text."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from functions.shared.contract.watermark import as_text, from_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T00:00:00.000000+00:00"),
        (datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "2026-01-01T00:00:00.000001+00:00"),
        (datetime(2026, 1, 1, 2), "2026-01-01T02:00:00.000000"),
        (date(2026, 1, 1), "2026-01-01"),
        (Decimal("9223372036854775807"), "9223372036854775807"),
        (5, "5"),
    ],
)
def test_a_watermark_is_text_that_casts_back_without_loss(value: Any, text: str) -> None:
    assert as_text(value) == text
    assert from_text(text, "integer" if text.isdigit() else "moment") == value


@pytest.mark.parametrize("text", ["2026-01-01", "x", ""])
def test_no_other_text_is_an_id(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        from_text(text, "integer")
