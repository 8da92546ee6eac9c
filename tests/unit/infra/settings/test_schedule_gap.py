"""How long a schedule rests: what an alarm on a missing start is measured by."""

from datetime import timedelta

import pytest

from infra.settings.schedule_gap import longest_gap

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("rate(1 minute)", MINUTE),
        ("rate(15 minutes)", 15 * MINUTE),
        ("rate(2 hours)", 2 * HOUR),
        ("rate(1 day)", DAY),
        ("cron(0 * * * ? *)", HOUR),
        ("cron(30 * ? * * *)", HOUR),
        ("cron(0/15 * * * ? *)", 15 * MINUTE),
        ("cron(*/20 * * * ? *)", 20 * MINUTE),
        ("cron(0,10 * * * ? *)", 50 * MINUTE),
        ("cron(0 6 * * ? *)", DAY),
        ("cron(0 8-18/2 * * ? *)", 14 * HOUR),
        ("cron(0 6 ? * MON-FRI *)", 3 * DAY),
        ("cron(0 6 ? * 2-6 *)", 3 * DAY),
        ("cron(0 6 ? * FRI-MON *)", 4 * DAY),
        ("cron(0 6 ? * sun,wed *)", 4 * DAY),
        ("cron(0 6 ? * SUN *)", 7 * DAY),
    ],
)
def test_the_longest_rest_is_found(schedule: str, gap: timedelta) -> None:
    assert longest_gap(schedule) == gap


@pytest.mark.parametrize(
    "schedule",
    [
        *("cron(0 6 1 * ? *)", "cron(0 6 L * ? *)", "cron(0 6 ? 1-3 * *)", "cron(0 6 ? * 6L *)", "cron(0 6 ? * 2#1 *)"),
        *("cron(0 6 1,15W * ? *)", "cron(0 6 LW JAN,jul ? *)", "cron(0 6 ? * FRIL *)", "cron(0 6 ? * MON#5,L *)"),
        *("cron(0 6 L-3 */3 ? *)", "cron(0 6 * * ? 2199)", "cron(0 6 * * ? 1999-2199)"),
    ],
)
def test_days_of_a_month_have_none(schedule: str) -> None:
    assert longest_gap(schedule) is None
