"""How long a schedule is at rest at most, so that a start that did not come can be noticed."""

import re
from collections.abc import Iterator
from datetime import timedelta

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEK_MINUTES = 7 * 24 * 60


def longest_gap(schedule: str) -> timedelta | None:
    """The longest time between two starts of a rate(...) or cron(...) expression of EventBridge Scheduler.

    None where the days depend on the month: such a schedule may rest for longer than CloudWatch looks back. Raises
    ValueError for a field that names no such minute, hour or day.
    """
    rate = _RATE.fullmatch(schedule)
    if rate:
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    minutes, hours, days, months, weekdays, years = schedule.removeprefix("cron(").removesuffix(")").split()
    if {days, months, years} - {"*", "?"} or set(weekdays) & {"L", "#"}:
        return None
    starts = sorted(
        (day * 24 + hour) * 60 + minute
        for day in _values(weekdays, 1, 7)
        for hour in _values(hours, 0, 23)
        for minute in _values(minutes, 0, 59)
    )
    following = [*starts[1:], starts[0] + _WEEK_MINUTES]
    return timedelta(minutes=max(after - before for before, after in zip(starts, following, strict=True)))


def _values(field: str, first: int, last: int) -> Iterator[int]:
    """The values that a field such as 0,30 or */15 or MON-FRI names."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        if low in ("*", "?"):
            yield from range(first, last + 1, int(step or 1))
        else:
            start = _number(low)
            end = _number(high) if high else last if step else start
            if not (first <= start <= last and first <= end <= last):
                raise ValueError(part)
            # A span such as FRI-MON goes on from the end of the week.
            yield from range(start, end + 1 if end >= start else last + 1, int(step or 1))
            if end < start:
                yield from range(first, end + 1, int(step or 1))


def _number(text: str) -> int:
    return _DAYS.index(text.upper()) + 1 if text.upper() in _DAYS else int(text)
