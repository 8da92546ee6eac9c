"""All cells, and playing them on one laptop cloud."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from tests.system.faults.bench import Bench
from tests.system.faults.cell import Cell, Result, play
from tests.system.faults.functions_cells import first_load_cells, function_cells, stop_cells
from tests.system.faults.guards import Guard, guards, play_guard
from tests.system.faults.scene import SPECS, Scene
from tests.system.faults.source_cells import aurora_cells, restore_cells, vault_cells
from tests.system.faults.target_cells import file_cells, overlap_cells, snowflake_cells, snowpipe_cells

Tell = Callable[[Result], None]


@dataclass(frozen=True)
class Played:
    """Results by title, damages by guard."""

    results: dict[str, Result]
    damages: dict[str, str]


def cells() -> list[Cell]:
    """The matrix in its order on the page."""
    made = (
        function_cells,
        first_load_cells,
        stop_cells,
        aurora_cells,
        file_cells,
        snowpipe_cells,
        snowflake_cells,
        vault_cells,
    )
    return [cell for make in (*made, overlap_cells, restore_cells) for cell in make()]


class Matrix:
    """Cells that can share the cloud run beside each other, one at a time per table; the others run alone."""

    def __init__(self, bench: Bench, strategies: Iterable[str] = SPECS, guarded: Iterable[Guard] = ()) -> None:
        """One table per strategy, and one per guard, which it damages for good."""
        self._bench = bench
        self._schema = bench.laptop.new_schema()
        self._scenes = {strategy: self._scene(strategy, strategy) for strategy in strategies}
        self._numbers, self._configured = count(1), list[Scene]()
        self._guarded = {
            guard.name: self._scene(f"guard{number}", guard.strategy) for number, guard in enumerate(guarded)
        }

    def _scene(self, name: str, strategy: str) -> Scene:
        return Scene(self._bench, self._schema, name, strategy)

    def load(self) -> None:
        """The first sync of all tables, undisturbed."""
        self._configured = [*self._scenes.values(), *self._guarded.values()]
        self._bench.laptop.configure([scene.spec for scene in self._configured])
        outcome = self._bench.laptop.run()
        if not outcome.succeeded:
            raise RuntimeError(f"the first sync failed: {outcome}\n{self._bench.logs()}")

    def play(self, chosen: list[Cell], tell: Tell) -> list[Result]:
        """Every chosen cell's result, in the order of the list."""
        lanes: dict[str, list[Cell]] = defaultdict(list)
        for cell in chosen:
            if cell.shared:
                lanes[cell.strategy].append(cell)
        results: dict[int, Result] = {}

        def run(cell: Cell) -> None:
            results[id(cell)] = play(cell, self._fresh(cell) if cell.fresh else self._scenes[cell.strategy])
            tell(results[id(cell)])

        def run_lane(lane: list[Cell]) -> None:
            for cell in lane:
                run(cell)

        with ThreadPoolExecutor(len(self._scenes)) as pool:
            list(pool.map(run_lane, lanes.values()))
        for cell in chosen:
            if not cell.shared:
                run(cell)
        return [results[id(cell)] for cell in chosen]

    def _fresh(self, cell: Cell) -> Scene:
        scene = self._scene(f"new{next(self._numbers)}", cell.strategy)
        self._configured.append(scene)
        self._bench.laptop.configure([scene.spec for scene in self._configured])
        return scene

    def damage(self, guard: Guard) -> str:
        """What the watch saw with the guard off, empty for nothing."""
        return play_guard(guard, self._guarded[guard.name])


def all_guards() -> list[Guard]:
    """The guards in their order on the page."""
    return list(guards())


def say(result: Result) -> None:
    """One line on standard error."""
    verdict = "held" if not result.problems else f"NOT HELD: {'; '.join(result.problems)[:1500]}"
    sys.stderr.write(
        f"{result.seconds:5.1f} s  {result.cell.title} [{result.cell.strategy}] {result.ended} {result.errors_met}, "
        f"{result.healed_by}, {result.looks} looks: {verdict}\n"
    )
    sys.stderr.flush()
