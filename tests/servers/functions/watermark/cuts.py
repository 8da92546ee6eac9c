"""Tables that are cut into slices, and the rows that each slice exports."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name, rows_in, rows_of_slice
from functions.shared.contract.bounds import Bounds
from functions.shared.contract.spec import parse_spec
from functions.watermark.slices import Limits, cut
from tests.support.bounds import bounds_of

ROWS = 2000
SLICE_BYTES = 20_000
PAD = "pad text DEFAULT repeat('x', 80)"


@dataclass
class Table:
    """The table `t` of a schema, for the sync and for its owner."""

    aurora: AuroraSession
    owner: Any
    schema: str

    @property
    def name(self) -> str:
        return f"{self.schema}.t"

    def make(self, columns: str, values: str, rows: int = ROWS, options: str = "") -> None:
        """`values` are SQL expressions of the row's number `n`, from 1."""
        self.owner.execute(f"CREATE TABLE {self.name} ({columns}, {PAD}) {options}")
        self.insert(values, rows)

    def insert(self, values: str, rows: int) -> None:
        self.owner.execute(f"INSERT INTO {self.name} SELECT {values} FROM generate_series(1, {rows}) AS n")

    def spec(self, **keys: Any) -> "Cuttable":
        return Cuttable(self.aurora, {"table_name": self.name, **keys})


@dataclass
class Cuttable:
    """A table with its specification; a row is known by its ctid and partition."""

    aurora: AuroraSession
    raw: dict[str, Any]

    def cut(
        self, wave_slices: int = 1000, slice_bytes: float = SLICE_BYTES, earlier: Bounds | None = None, **bounds: Any
    ) -> Bounds:
        """The bounds of a new window, cut."""
        spec = parse_spec(self.raw, "test")
        whole = spec.traits.form == "whole"
        made = bounds_of(**{"column": None, "complete": whole, "strategy": spec.watermark_type, **bounds})
        relation = read_relation(self.aurora, spec)
        return cut(self.aurora, spec, relation, made, Limits(slice_bytes, wave_slices), earlier)

    def rows(self, condition: sql.Composable, column: str = "NULL") -> list[tuple[Any, ...]]:
        query = sql.SQL("SELECT tableoid, ctid::text AS ctid, {} AS value FROM {} WHERE {}").format(
            sql.SQL(column), full_name(parse_spec(self.raw, "test").source), condition
        )
        return [tuple(row.values()) for row in self.aurora.rows(query)]

    def values(self, bounds: Bounds, column: str) -> list[list[Any]]:
        """The column's values, slice by slice."""
        return [[row[2] for row in self.rows(rows_of_slice(bounds, part), column)] for part in bounds.slices]

    def sizes(self, bounds: Bounds) -> list[int]:
        """Rows per slice; every row of the window is in exactly one of them."""
        parts = [self.rows(rows_of_slice(bounds, part)) for part in bounds.slices]
        exported = Counter(row for part in parts for row in part)
        assert exported == Counter(self.rows(rows_in(bounds.window)))
        assert set(exported.values()) <= {1}
        return [len(part) for part in parts]


def about_equal(sizes: list[int]) -> bool:
    """Quantiles are those of a sample."""
    return max(sizes) <= 2 * sum(sizes) / len(sizes)
