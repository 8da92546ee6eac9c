"""Whether each value arrived: the same, or loud (NULL in FINAL, listed with its text, counted by the run), or WRONG."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.system.types.forms import Form, seen_here, seen_there
from tests.system.types.pg_type import Edge, PgType
from tests.system.types.tables import Quarantined, Table, in_snowflake

SAME, LOUD, WRONG = "same", "loud", "WRONG"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# Of a text longer than Snowflake takes this many characters are kept; brackets and quotes may open it differently.
_KEPT, _OPENING = 1000, 4


@dataclass(frozen=True)
class Sides:
    """A table as it is read on both sides after a run, each row by its id, and what the run told of it."""

    aurora: Mapping[int, Mapping[str, str | None]]
    final: Mapping[int, Mapping[str, Any]]
    types: Mapping[str, str]
    listed: list[Quarantined]
    result: Mapping[str, Any]
    key: str = "id"

    def of_row(self, number: int) -> list[Quarantined]:
        """What is listed of one row."""
        return [one for one in self.listed if one.raw[in_snowflake(self.key)] == str(number)]


@dataclass(frozen=True)
class Verdict:
    """What became of one value; `why` says what is WRONG about it."""

    column: str
    kind: PgType
    edge: Edge
    expected: str
    verdict: str
    why: str = ""

    @property
    def problem(self) -> str:
        """What to tell of a value that the catalogue expects something else of; '' where it does not."""
        if self.verdict == self.expected:
            return ""
        return f"{self.kind.name} {self.edge.called}: {self.verdict}, expected {self.expected}. {self.why}"


def judge(table: Table, sides: Sides, as_text: bool) -> list[Verdict]:
    """A verdict for every value of the table, first row first."""
    found = []
    for number, row in enumerate(table.rows, 1):
        for name, edge in row.items():
            kind = table.columns[name]
            expected = SAME if kind.is_held(edge, as_text) else LOUD
            verdict, why = outcome(kind.form_under(as_text), name, number, sides)
            found.append(Verdict(name, kind, edge, expected, verdict, why))
    counts = miscounts({name: [one.verdict for one in found if one.column == name] for name in table.columns}, sides)
    return [replace(one, verdict=WRONG, why=counts[one.column]) if counts.get(one.column) else one for one in found]


def target_problems(table: Table, sides: Sides, as_text: bool) -> list[str]:
    """Columns whose type in FINAL is not the catalogue's."""
    problems = []
    for name, kind in table.columns.items():
        wanted, found = ("VARCHAR" if as_text else kind.target), sides.types[in_snowflake(name)]
        if not _same_type(wanted, found):
            problems.append(f"{kind.name} is {found} in FINAL, not {wanted}")
    return problems


def _same_type(wanted: str, found: str) -> bool:
    if wanted.startswith("NUMBER"):
        return wanted == found
    return wanted.partition("(")[0] == found.partition("(")[0]


def outcome(form: Form, name: str, number: int, sides: Sides) -> tuple[str, str]:
    """What became of the value in row `number`, and why if it is WRONG."""
    if number not in sides.final:
        return WRONG, "the row is not in FINAL"
    text, value = sides.aurora[number][name], sides.final[number][in_snowflake(name)]
    listed = [one for one in sides.of_row(number) if named(one, name)]
    if text is not None and value is None and listed:
        return loudness(form, name, text, listed)
    if listed:
        return WRONG, f"listed in QUARANTINE, though FINAL holds {_brief(value)}"
    there, here = seen_there(form, text), seen_here(form, value)
    return (
        (SAME, "")
        if here == there
        else (WRONG, f"Aurora has {_brief(text)}, FINAL has {_brief(value)}: {_brief(here)}")
    )


def loudness(form: Form, name: str, text: str, listed: list[Quarantined]) -> tuple[str, str]:
    """Whether what QUARANTINE says of a value is one row with its text."""
    if len(listed) != 1:
        return WRONG, f"listed {len(listed)} times in QUARANTINE"
    kept = listed[0].raw[in_snowflake(name)]
    if kept is None or not _tells(kept, text, form):
        return WRONG, f"QUARANTINE keeps {_brief(kept)} of {_brief(text)}"
    return LOUD, ""


def _tells(kept: str, text: str, form: Form) -> bool:
    """Whether QUARANTINE's text says which value it was: PostgreSQL's text, or the file's, or the beginning of one."""
    if kept == text or seen_here(form, kept) == seen_there(form, text):
        return True
    beginning = kept[_OPENING:]
    return len(kept) == _KEPT and beginning in text[: 2 * _KEPT]


def named(one: Quarantined, name: str) -> bool:
    """Whether the reason, `cannot be held: "COL1" "COL2"`, names the column."""
    return '"' + in_snowflake(name).replace('"', '""') + '"' in _QUOTED.findall(one.reason)


def miscounts(verdicts: Mapping[str, Sequence[str]], sides: Sides) -> dict[str, str]:
    """By column, what the run's result counts wrongly; `verdicts` has each column's, row by row."""
    loud_rows = sum(LOUD in row for row in zip(*verdicts.values(), strict=True))
    if sides.result["quarantined"] != loud_rows:
        return dict.fromkeys(verdicts, f"the run counts {sides.result['quarantined']} such rows, not {loud_rows}")
    told = sides.result["quarantined_columns"]
    counts = {name: (told.get(in_snowflake(name), 0), list(found).count(LOUD)) for name, found in verdicts.items()}
    return {
        name: f"the run counts {count} such rows of it, not {loud}"
        for name, (count, loud) in counts.items()
        if count != loud
    }


def _brief(value: Any) -> str:
    told = repr(value)
    return told if len(told) < 120 else f"{told[:100]}… ({len(told)} characters)"
