"""Whether a random table arrived: every row and value the same, or listed because FINAL's type cannot hold it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.system.types.forms import INTEGER, TEXT, TIMESTAMPTZ, Form
from tests.system.types.limits import may_be_refused
from tests.system.types.random_tables import MOMENT, NUMBER, SECOND_DAY, RandomTable
from tests.system.types.tables import Quarantined, aurora_texts, final_rows, in_snowflake, quarantined
from tests.system.types.verdicts import LOUD, WRONG, Sides, loudness, miscounts, named, outcome

_WITHHELD = "withheld"


@dataclass(frozen=True)
class Copied:
    """A random table after one or two runs, which had these results; `final` is FINAL's full name."""

    table: RandomTable
    schema: str
    name: str
    final: str
    results: list[Mapping[str, Any]] = field(default_factory=list)

    def problems(self, dsn: str, warehouse: Any) -> list[str]:
        """What is wrong, in words."""
        sides = self._read(dsn, warehouse)
        found = [f"FINAL has a row {number} that Aurora has not" for number in sides.final.keys() - sides.aurora.keys()]
        counted: dict[str, list[str]] = {name: [] for name in self._forms()}
        for number, row in sides.aurora.items():
            for name, form in self._forms().items():
                verdict, why = self._outcome(sides, form, name, number)
                if self._in_last_run(row, sides.listed):
                    counted[name].append(verdict)
                if verdict == WRONG:
                    found.append(f"row {number}, column {name!r}: {why}")
        return found or [f"column {name!r}: {why}" for name, why in miscounts(counted, sides).items()]

    def _outcome(self, sides: Sides, form: Form, name: str, number: int) -> tuple[str, str]:
        text = sides.aurora[number][name]
        if number not in sides.final and self._withheld(sides, number):
            listed = [one for one in sides.of_row(number) if named(one, name)]
            verdict, why = loudness(form, name, text, listed) if listed and text is not None else (_WITHHELD, "")
        else:
            verdict, why = outcome(form, name, number, sides)
        if verdict == LOUD and not may_be_refused(form, text or ""):
            return WRONG, f"{text!r} is listed, though FINAL's type holds it"
        return verdict, why

    def _withheld(self, sides: Sides, number: int) -> bool:
        return any(self._names_key(one) for one in sides.of_row(number))

    def _in_last_run(self, row: Mapping[str, str | None], listed: Sequence[Quarantined]) -> bool:
        """Whether the last run read the row: a snapshot reads all, FINAL's watermark does not count withheld ones."""
        if len(self.results) == 1 or str(row[MOMENT]).startswith(SECOND_DAY) or self.table.traits.form == "whole":
            return True
        again = [one for one in listed if one.batch == self.results[-1]["batch_id"]]
        return any(one.raw[in_snowflake(NUMBER)] == row[NUMBER] and self._names_key(one) for one in again)

    def _names_key(self, one: Quarantined) -> bool:
        return any(named(one, key) for key in self.table.key)

    def _read(self, dsn: str, warehouse: Any) -> Sides:
        columns, rows = aurora_texts(dsn, self.schema, self.name)
        found_columns, found = final_rows(warehouse, self.final)
        aurora = [dict(zip(columns, row, strict=True)) for row in rows]
        final = [dict(zip(found_columns, row, strict=True)) for row in found]
        by_number = {int(row[NUMBER] or 0): row for row in aurora}
        listed = quarantined(warehouse, f"{self.schema}.{self.name}")
        return Sides(
            by_number,
            {int(row[in_snowflake(NUMBER)]): row for row in final if not row.get("IS_DELETED")},
            {},
            [one for one in listed if self._is_open(one, by_number, listed)],
            self.results[-1],
            NUMBER,
        )

    def _is_open(
        self, one: Quarantined, aurora: Mapping[int, Mapping[str, str | None]], listed: Sequence[Quarantined]
    ) -> bool:
        """What the batch listed that read the row last: an earlier one listed what the row was before."""
        row = aurora.get(int(one.raw[in_snowflake(NUMBER)] or 0))
        return row is not None and one.batch == self.results[-1 if self._in_last_run(row, listed) else 0]["batch_id"]

    def _forms(self) -> dict[str, Form]:
        table = self.table
        moment = TEXT if table.is_text(MOMENT) and not table.traits.leads else TIMESTAMPTZ
        own = {NUMBER: TEXT if table.is_text(NUMBER) else INTEGER, MOMENT: moment}
        return own | {name: one.kind.form_under(table.is_text(name)) for name, one in table.columns.items()}
