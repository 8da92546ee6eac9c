"""The names of one table's Snowflake objects."""

import hashlib
from dataclasses import dataclass

from functions.shared.contract.names import SourceTable, literal, quote
from functions.shared.ground.settings import settings


@dataclass(frozen=True)
class TableObjects:
    """The Snowflake objects of one source table, as quoted full names; a `transient` copy has no Fail-safe."""

    database: str
    source: SourceTable
    transient: bool = False

    def _named(self, schema: str, name: str = "") -> str:
        return f'{quote(self.database)}."{schema}".{quote(name or self.source.object_name)}'

    @property
    def staging(self) -> str:
        """The table that the pipes load; the task has the same name."""
        return self._named("STAGING")

    def pipe(self, layout: int) -> str:
        """The pipe that loads the files of one layout."""
        return self._named("STAGING", self.source.pipe_name(layout))

    @property
    def typed(self) -> str:
        """The view of STAGING's rows in FINAL's types, with what does not cast.

        It is in another schema than STAGING's table: with a suffix it could collide with another table's name.
        """
        return self._named("CONTROL")

    @property
    def final(self) -> str:
        """The copy of the Aurora table."""
        return self._named("FINAL")

    def merging(self, batch_id: str) -> str:
        """The temporary table of a batch's merge; no other object's name lacks the two underscores."""
        digest = hashlib.sha256(f"{self.source}\0{batch_id}".encode()).hexdigest()[:32]
        return f'{quote(self.database)}."STAGING".{quote(f"merging-{digest}")}'

    def names(self) -> dict[str, str]:
        """The variables by which the templates name these objects, and FINAL's kind of table."""
        return {
            "database": quote(self.database),
            "staging": self.staging,
            "typed": self.typed,
            "final": self.final,
            "final_kind": "TRANSIENT TABLE" if self.transient else "TABLE",
            "task": self.staging,
            "comment": literal(str(self.source)),
            "file_format": literal(f'{quote(self.database)}."STAGING"."AURORA_CSV"'),
        }


def table_objects(source: SourceTable) -> TableObjects:
    """The objects of a table in the database of this deployment."""
    return TableObjects(settings().snowflake_database, source, settings().final_transient)


def storage_integration(database: str) -> str:
    """The quoted name of the storage integration of a database's bucket."""
    return quote(f"{database}_EXPORTS")
