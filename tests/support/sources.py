"""Runs of the watermark step against a real table, with a chosen state of Snowflake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from functions.shared.aurora.catalog import read_relation
from functions.shared.aurora.fence import Fence, read_fence
from functions.shared.aurora.session import AuroraSession
from functions.shared.contract.bounds import Bounds, Reading
from functions.shared.contract.spec import parse_spec
from functions.shared.contract.watermark import Progress, as_text
from functions.shared.snowflake.progress import Readings
from functions.shared.strategies.base import Run
from functions.watermark.resolve import resolve

MARGIN = 0.05


@dataclass
class StoredReadings:
    """The readings of ceilings, kept without Snowflake."""

    stored: list[tuple[int, str]] = field(default_factory=list)

    def store(self, ceiling: int, read_at: str) -> None:
        self.stored.append((ceiling, read_at))

    def before(self, moment: datetime) -> int | None:
        older = [(read_at, ceiling) for ceiling, read_at in self.stored if read_at < as_text(moment)]
        return max(older)[1] if older else None


@dataclass
class Source:
    """One table's specification, and the readings that its runs left."""

    aurora: AuroraSession
    raw: dict[str, Any]
    readings: StoredReadings = field(default_factory=StoredReadings)

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
            spec=parsed,
            relation=relation,
            progress=progress,
            readings=cast("Readings", self.readings),
            fence=fence or self.fence(),
            margin_seconds=MARGIN,
            reading=reading,
            settled=settled,
            cluster=cluster,
        )
        return decide(run, "T", 0)
