"""The longest time between two starts of a schedule, after which a missing start is noticed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_PART = re.compile(r"(?:\*|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:/([1-9][0-9]*))?")
_WEEK_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class _Field:
    """What a field of cron(...) may hold: numbers, names instead of them and, for days, words that depend on the month.

    A group of `words` is again a number or a name.
    """

    first: int
    last: int
    names: tuple[str, ...] = ()
    words: str = ""

    def values(self, text: str) -> list[int]:
        """The numbers that a text such as 0,30 or */15 or MON-FRI names; of words none.

        Raises ValueError for any other text.
        """
        if self.words and text == "?":
            return list(range(self.first, self.last + 1))
        return [value for part in text.split(",") for value in self._part(part)]

    def _part(self, part: str) -> list[int]:
        if self.words and (word := re.fullmatch(self.words, part)):
            for number in filter(None, word.groups()):
                self._number(number)
            return []
        found = _PART.fullmatch(part)
        if not found:
            raise ValueError(part)
        low, high, step = found.groups()
        start = self._number(low) if low else self.first
        end = self._number(high) if high else self.last if step or not low else start
        if end >= start:
            return list(range(start, end + 1, int(step or 1)))
        # A span such as FRI-MON continues at the start of the week.
        return [*range(start, self.last + 1, int(step or 1)), *range(self.first, end + 1, int(step or 1))]

    def _number(self, text: str) -> int:
        number = self.names.index(text.upper()) + self.first if text.upper() in self.names else int(text)
        if not self.first <= number <= self.last:
            raise ValueError(text)
        return number


_MINUTES, _HOURS, _YEARS = _Field(0, 59), _Field(0, 23), _Field(1970, 2199)
_DAYS = _Field(1, 31, words=r"L(?:-[0-9]{1,2})?|LW|([0-9]+)W")
_MONTHS = _Field(1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
_WEEKDAYS = _Field(1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), words=r"L|([A-Za-z0-9]+?)(?:L|#[1-5])")
_FIELDS = (_MINUTES, _HOURS, _DAYS, _MONTHS, _WEEKDAYS, _YEARS)


def longest_gap(schedule: str) -> timedelta | None:
    """The longest time between two starts of a rate(...) or cron(...) expression of EventBridge Scheduler.

    None where the days depend on the month: such a schedule may rest for longer than CloudWatch looks back. Raises
    ValueError for a field that names no such minute, hour, day, month or year, or years that are all over.
    """
    rate = _RATE.fullmatch(schedule)
    if rate:
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    texts = schedule.removeprefix("cron(").removesuffix(")").split()
    minutes, hours, _, _, weekdays, years = (field.values(text) for field, text in zip(_FIELDS, texts, strict=True))
    if max(years) < datetime.now(UTC).year:
        raise ValueError(schedule)
    if {texts[2], texts[3], texts[5]} - {"*", "?"} or set(texts[4]) & {"L", "#"}:
        return None
    starts = sorted((day * 24 + hour) * 60 + minute for day in weekdays for hour in hours for minute in minutes)
    following = [*starts[1:], starts[0] + _WEEK_MINUTES]
    return timedelta(minutes=max(after - before for before, after in zip(starts, following, strict=True)))
