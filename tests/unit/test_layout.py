"""The law of the layout: folders are floors, imports only go down, and no file or folder outgrows a reader."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.unit.imports import FOLDERS, ROOT, imported, modules, own_imports

STEPS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))

# Rooms from the lowest floor to the highest. A module may import its own room and the rooms of lower floors; rooms of
# one floor do not know each other. The module before a room's first dot is its folder.
FLOORS: Mapping[str, Sequence[Sequence[str]]] = {
    "functions": [
        ["functions.shared.ground"],
        ["functions.shared.contract"],
        ["functions.shared.access"],
        ["functions.shared.aurora", "functions.shared.snowflake"],
        ["functions.shared.strategies"],
        [f"functions.{step}" for step in STEPS],
    ],
    "infra": [
        ["infra.settings"],
        ["infra.package", "infra.snowflake"],
        ["infra.constructs"],
        ["infra.watch"],
        ["infra.review"],
        ["infra.stack"],
        ["infra.application"],
    ],
    "operate": [["operate"]],
    "local": [
        ["local.processes", "local.snowflake.language", "local.snowflake.faults"],
        ["local.aws", "local.snowflake.engine"],
        ["local.endpoints", "local.aurora", "local.vault", "local.snowflake.session"],
        ["local.snowflake.account", "local.snowflake.pipes", "local.snowflake.tasks"],
        ["local.snowflake.statements"],
        ["local.snowflake.state"],
        ["local.snowflake.api"],
        ["local.snowflake.__main__"],
        ["local.cloud"],
        ["local.demo"],
        ["local.__main__"],
    ],
    "bench": [["bench"]],
    "app": [["app"]],
}

# What a folder may import of the others.
NEIGHBOURS = {
    "functions": (),
    "infra": ("functions.shared",),
    "operate": ("functions.shared", "infra.settings"),
    "local": ("functions.shared", "infra.package", "infra.settings", "operate"),
    "bench": ("functions.shared", "infra", "local", "operate"),
    "app": ("infra",),
}

CDK = ("aws_cdk", "cdk_nag", "constructs", "jsii")
CDK_ROOMS = (
    "infra.constructs",
    "infra.watch",
    "infra.review",
    "infra.package.bundling",
    "infra.stack",
    "infra.application",
)

MOST_LINES = 250
MOST_LINES_OF_A_HANDLER = 99
MOST_FILES = 15


def within(module: str, rooms: Sequence[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def folder_of(module: str) -> str:
    return module.partition(".")[0]


def floor_of(module: str) -> tuple[int, str] | None:
    """The floor and the room of a module; none for a package that only holds rooms, and then imports nothing."""
    found = [
        (floor, room)
        for floor, rooms in enumerate(FLOORS[folder_of(module)])
        for room in rooms
        if within(module, [room])
    ]
    assert len(found) <= 1, f"{module} is in two rooms: {found}"
    return found[0] if found else None


def upward(module: str) -> Iterator[str]:
    """The imports by which a module leaves its room for one that is not below it."""
    place = floor_of(module)
    for other in own_imports(module):
        if folder_of(other) == folder_of(module):
            there = floor_of(other)
            if place is None or there is None or (there[1] != place[1] and there[0] >= place[0]):
                yield other


def in_folder(folder: str) -> list[str]:
    return [name for name in modules() if folder_of(name) == folder]


def offences(folder: str, of: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    """The forbidden imports of a folder's modules, by module."""
    return {name: found for name in in_folder(folder) if (found := sorted(of(name)))}


@pytest.mark.parametrize("folder", FLOORS)
def test_a_module_imports_only_its_own_room_and_what_is_below_it(folder: str) -> None:
    without_room = [name for name in in_folder(folder) if floor_of(name) is None]
    assert not [name for name in without_room if modules()[name].name != "__init__.py"], "give them a room in FLOORS"
    assert not offences(folder, upward)


@pytest.mark.parametrize("folder", NEIGHBOURS)
def test_a_folder_imports_of_the_others_only_what_it_may(folder: str) -> None:
    def beyond(module: str) -> Iterator[str]:
        others = (name for name in own_imports(module) if folder_of(name) != folder)
        return (name for name in others if not within(name, NEIGHBOURS[folder]))

    assert not offences(folder, beyond)


@pytest.mark.parametrize("folder", NEIGHBOURS)
def test_the_product_imports_no_test_and_the_cdk_only_where_constructs_are(folder: str) -> None:
    def forbidden(module: str) -> Iterator[str]:
        names = ("tests",) if within(module, CDK_ROOMS) else ("tests", *CDK)
        return (name for name in imported(module) if within(name, names))

    assert not offences(folder, forbidden)


@pytest.mark.parametrize("folder", FLOORS)
def test_no_modules_import_each_other_in_a_circle(folder: str) -> None:
    """Whatever is left after the modules that import nothing else of the rest were taken away, again and again."""
    left = {name: own_imports(name) - {name} for name in in_folder(folder)}
    while ends := [name for name, found in left.items() if not found & left.keys()]:
        for name in ends:
            del left[name]
    assert not left


def test_the_steps_are_those_of_the_workflow() -> None:
    [definition] = (ROOT / "statemachine").glob("sync.asl.*")
    assert STEPS
    for step in STEPS:
        assert "${" + step.title().replace("_", "") + "Function}" in definition.read_text()


def files(folder: str) -> list[Path]:
    return [modules()[name] for name in in_folder(folder)]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", ["functions", "infra", "operate"])
def test_a_file_is_read_in_one_sitting_and_a_handler_in_one_look(folder: str) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in files(folder)}
    most = {path: MOST_LINES_OF_A_HANDLER if path.name == "handler.py" else MOST_LINES for path in lengths}
    assert not {relative(path): lines for path, lines in lengths.items() if lines > most[path]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_seen_in_one_look(folder: str) -> None:
    rooms = {path.parent for path in files(folder)}
    held = {relative(room): sum(path.is_file() for path in room.iterdir()) for room in sorted(rooms)}
    assert not {room: number for room, number in held.items() if number > MOST_FILES}
