"""One batch: the files of one wave of one table, loaded and merged together."""

from functions.shared.contract.wire import Wire


class ExportedFile(Wire):
    """One file's key in the bucket, and the version of the snapshot that its rows are from."""

    name: str
    version: int


class Batch(Wire):
    """What the slices of one wave exported together."""

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
