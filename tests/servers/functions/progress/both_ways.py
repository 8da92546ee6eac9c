"""One table whose Watermark is asked twice about the same moment: by the ledger's progress, and by FINAL itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import pytest

from functions.progress.handler import handler as progress
from functions.shared.aurora.fence import Fence, read_fence
from functions.shared.contract.watermark import Progress
from functions.shared.ground.errors import SyncError
from functions.watermark import handler as watermark
from tests.support.steps import Steps

Change = Callable[[Fence], Fence]


@dataclass
class BothWays:
    """`asked` counts how often Watermark asked FINAL."""

    steps: Steps
    context: Mock
    monkeypatch: pytest.MonkeyPatch
    asked: int = 0

    def __post_init__(self) -> None:
        read = watermark.read_progress

        def counted(*given: Any) -> Progress:
            self.asked += 1
            return read(*given)

        self.monkeypatch.setattr(watermark, "read_progress", counted)

    def run(self) -> None:
        """One run; the ledger's line is then so old that every later change of FINAL is seen."""
        self.monkeypatch.setattr(watermark, "read_fence", read_fence)
        self.steps.run()
        self.settle()

    def settle(self) -> None:
        """Moves the newest line as far before FINAL's last change as is tolerated."""
        warehouse, name = self.steps.warehouse, self.steps.spec["table_name"]
        altered = warehouse.rows(
            'SELECT "LAST_ALTERED" FROM "AURORA".INFORMATION_SCHEMA.TABLES '
            'WHERE "TABLE_SCHEMA" = \'FINAL\' AND "TABLE_NAME" = %s',
            [self.steps.objects.source.object_name],
        )
        lines = f'"AURORA"."CONTROL"."LEDGER" WHERE "TABLE_NAME" = \'{name}\''
        if altered:
            warehouse.execute(
                'UPDATE "AURORA"."CONTROL"."LEDGER" SET "MERGED_AT" = DATEADD(\'second\', -60, %s::TIMESTAMP_LTZ) '
                f'WHERE "BATCH_ID" = (SELECT MAX_BY("BATCH_ID", "MERGED_AT") FROM {lines})',
                [altered[0]["LAST_ALTERED"].isoformat()],
            )

    def found(self) -> dict[str, Any]:
        """What the step Progress finds for the table; empty where the table is to ask."""
        return dict(
            progress({"tables": [self.steps.table]}, self.context)["progress"].get(self.steps.spec["table_name"], {})
        )

    def compare(self, change: Change = lambda fence: fence) -> tuple[dict[str, Any], bool]:
        """The bounds, which are the same either way, and whether the ledger sufficed for them."""
        handed = self.found()
        fences: list[Fence] = []

        def frozen(*given: Any, **more: Any) -> Fence:
            fences.append(fences[0] if fences else change(read_fence(*given, **more)))
            return fences[-1]

        self.monkeypatch.setattr(watermark, "read_fence", frozen)
        by_final = self._bounds({"table": self.steps.table})
        before = self.asked
        by_ledger = self._bounds({"table": self.steps.table, **({"progress": handed} if handed else {})})
        assert by_ledger == by_final
        return by_ledger, self.asked == before

    def _bounds(self, event: dict[str, Any]) -> dict[str, Any]:
        """What Watermark answers or raises, without the moments at which it was called."""
        try:
            bounds = dict(watermark.handler({**event, "execution": "e"}, self.context)["bounds"])
        except SyncError as error:
            return {"status": "FAILED", "error": str(error)}
        bounds.pop("started_at")
        bounds.get("reading", {}).pop("read_at", None)
        return bounds
