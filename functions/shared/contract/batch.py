"""One batch: the files of one wave of one table, loaded and merged together."""

from functions.shared.contract.wire import Wire


class ExportedFile(Wire):
    """A file's key in the bucket, and the version of the snapshot that was exported to it."""

    name: str
    version: int


class Batch(Wire):
    """All that the slices of one wave exported; `bytes` is the size of the text."""

    id: str
    rows: int
    bytes: int
    files: list[ExportedFile]

    @property
    def names(self) -> list[str]:
        """The keys of its files."""
        return [file.name for file in self.files]

    @property
    def oldest_version(self) -> int:
        """Every row of the table that no file holds was gone, or out of the window, at this version."""
        return min(file.version for file in self.files)

    @property
    def newest_version(self) -> int:
        """No row of the batch is newer than this."""
        return max(file.version for file in self.files)
