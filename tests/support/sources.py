"""Runs of the watermark step against a real table, with a chosen state of Snowflake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import Fence, read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.bounds import Bounds, Reading
from functions.shared.contract.spec import parse_spec
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.progress import Progress
from functions.shared.snowflake.session import SnowflakeSession
from functions.shared.strategies.base import Run
from functions.watermark.resolve import resolve

MARGIN = 0.05


@dataclass
class Readings:
    """A Snowflake that only keeps the readings of ceilings."""

    stored: list[tuple[int, str]] = field(default_factory=list)

    def execute(self, statement: str, values: Any) -> None:
        assert '"READINGS"' in statement
        self.stored.append((values[1], values[2]))

    def rows(self, query: str, _values: Any = ()) -> list[dict[str, Any]]:
        before = query.split('"READ_AT" < \'')[1].split("'", maxsplit=1)[0]
        older = [(read_at, ceiling) for ceiling, read_at in self.stored if read_at < before]
        return [{"CEILING": max(older)[1]}] if older else []


@dataclass
class Source:
    """One table's specification, and the readings that its runs left."""

    aurora: AuroraSession
    raw: dict[str, Any]
    readings: Readings = field(default_factory=Readings)

    def fence(self) -> Fence:
        return read_fence(self.aurora, "t", MARGIN, watermark=True)

    def resolve(
        self,
        progress: Progress,
        fence: Fence | None = None,
        reading: Reading | None = None,
        settled: bool = True,
        cluster: str | None = None,
        decide: Callable[[Run, str, int], Bounds] = resolve,
        **spec: Any,
    ) -> Bounds:
        parsed = parse_spec({**self.raw, **spec}, "test")
        relation = read_relation(self.aurora, parsed)
        run = Run(
            aurora=self.aurora,
            snowflake=cast("SnowflakeSession", self.readings),
            spec=parsed,
            relation=relation,
            objects=TableObjects("AURORA", parsed.source),
            progress=progress,
            fence=fence or self.fence(),
            margin_seconds=MARGIN,
            reading=reading,
            settled=settled,
            cluster=cluster,
        )
        return decide(run, "T", 0)
