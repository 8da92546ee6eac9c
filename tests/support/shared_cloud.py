"""One laptop cloud for all system tests of a process, as deployed or changed for one kind of test at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from local.cloud import lifecycle as cloud
from tests.support.functions import Undo
from tests.support.laptop import Laptop

T = TypeVar("T")
Change = Callable[[Laptop, Path], tuple[T, Undo]]


class SharedCloud:
    """The cloud in `home`. A change lasts until another one, or none, is asked for, as tests of one kind follow each
    other."""

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()
        self._laptop = Laptop(cloud.up(self._home, print))
        self._change: Change[Any] | None = None
        self._changed: tuple[Any, Undo] = (None, lambda: None)

    def as_deployed(self) -> Laptop:
        """The cloud with every change undone."""
        if self._change is not None:
            self._changed[1]()
            self._change = None
        return self._laptop

    def changed(self, change: Change[T]) -> T:
        """What the change gives, once it is made and every other one undone."""
        if self._change is not change:
            self._changed = change(self.as_deployed(), self._home)
            self._change = change
        given: T = self._changed[0]
        return given

    def down(self) -> None:
        """Stops everything; nothing is put back."""
        cloud.down(self._home)
