"""A function's package is unpacked once, and what pip installed into it once for all functions that have the same.

Stock ministack unpacks it for each environment, and each then compiles every module it imports: many times the cost of
the invocation itself on a laptop's few cores. Lambda's /var/task is read-only: sharing changes nothing a function sees.
"""

import csv
import hashlib
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from os import PathLike
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

from ministack.core import lambda_runtime

_unpacking = threading.Lock()


class _SharedZip(zipfile.ZipFile):
    """A ZipFile that unpacks into a link to the folder of its content."""

    def extractall(
        self,
        path: str | PathLike[str] | None = None,
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        assert self.filename
        assert path, "the folder that ministack has made"
        assert (members, pwd) == (None, None), "all of a package, which has no password"
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        with _unpacking:
            shared = _made_once(digest, self._unpack)
        Path(path).rmdir()
        Path(path).symlink_to(shared, target_is_directory=True)

    def _unpack(self, folder: Path) -> None:
        """The function's own files, and links to what pip installed, whose libraries find each other by its place."""
        recorded = set(self._recorded())
        installed = [entry for entry in self.infolist() if entry.filename in recorded]
        own = [entry for entry in self.infolist() if entry.filename not in recorded]
        for entry in own:
            self.extract(entry, folder)
        if not installed:
            return
        content = repr([(entry.filename, entry.CRC, entry.file_size) for entry in installed])
        shared = _made_once(hashlib.sha256(content.encode()).hexdigest(), lambda made: self._extract(installed, made))
        own_folders = {str(parent) for entry in own for parent in PurePosixPath(entry.filename).parents}
        for name in {_highest_without(own_folders, entry.filename) for entry in installed}:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(shared / name)

    def _extract(self, entries: list[zipfile.ZipInfo], folder: Path) -> None:
        for entry in entries:
            self.extract(entry, folder)

    def _recorded(self) -> Iterator[str]:
        """The files that pip says it installed."""
        for name in self.namelist():
            if name.endswith(".dist-info/RECORD"):
                yield from (row[0] for row in csv.reader(self.read(name).decode().splitlines()) if row)


def _highest_without(own_folders: set[str], name: str) -> str:
    """The highest folder on the way to the file that holds nothing of the function's own; else the file."""
    return next(path for path in accumulate(name.split("/"), "{}/{}".format) if path not in own_folders)


def _made_once(digest: str, make: Callable[[Path], None]) -> Path:
    """The folder of this content, which is made where it is not there yet."""
    folder = Path(tempfile.gettempdir()) / "packages" / digest
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        make(partial)
        partial.rename(folder)
    return folder


def apply() -> None:
    """Gives ministack's workers the sharing ZipFile."""
    errors = {"BadZipFile": zipfile.BadZipFile, "LargeFileError": zipfile.LargeZipFile}
    lambda_runtime.zipfile = SimpleNamespace(ZipFile=_SharedZip, **errors)
