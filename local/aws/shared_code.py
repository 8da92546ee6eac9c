"""A function's package is unpacked once; its execution environments share the folder.

Stock ministack unpacks it for each environment, and each then compiles every module it imports: many times the cost of
the invocation itself on a laptop's few cores. Lambda's /var/task is read-only: sharing changes nothing a function sees.
"""

import hashlib
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

from ministack.core import lambda_runtime

_unpacking = threading.Lock()


class _SharedZip(zipfile.ZipFile):
    """A ZipFile that unpacks into a link to the folder of its content."""

    # ministack passes a path, and nothing else
    def extractall(self, path: str, *_args: object, **_kwargs: object) -> None:  # type: ignore[override]
        assert self.filename
        digest = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        shared = Path(tempfile.gettempdir()) / "packages" / digest
        with _unpacking:
            if not shared.exists():
                partial = shared.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                super().extractall(partial)
                partial.rename(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared, target_is_directory=True)


def apply() -> None:
    """Gives ministack's workers the sharing ZipFile."""
    errors = {"BadZipFile": zipfile.BadZipFile, "LargeFileError": zipfile.LargeZipFile}
    lambda_runtime.zipfile = SimpleNamespace(ZipFile=_SharedZip, **errors)
