"""The state of one table's child execution from Config to Reconcile; each part names the step that adds it.

Every step declares, as its Input and Output, which of these parts it reads and which it adds; the names are those of
the state machine's definition. Parts keep their names on the wire: an execution keeps the definition it began with.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, PlainSerializer

from functions.shared.contract.batch import Batch, ExportedFile
from functions.shared.contract.bounds import Bounds, Slice
from functions.shared.contract.result import Ledger, Result
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec, parse_spec
from functions.shared.contract.watermark import Progress
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import InvalidConfiguration

# The part `schema` on the wire, a name that pydantic uses itself.
Rules = Annotated[
    MergeRules,
    BeforeValidator(lambda value: value if isinstance(value, MergeRules) else MergeRules.from_json(value)),
    PlainSerializer(MergeRules.to_json),
]


class Table(Wire):
    """Config: one table as the operators wrote it, or what is wrong with it; `replay` selects its quarantine.

    `cluster` is the resource id of Aurora's cluster, None where it is not known; `brief` where an execution of so many
    tables has room for little of each one's result.
    """

    table_name: str
    spec: dict[str, Any] | None = None
    digest: str | None = None
    problem: str | None = None
    replay: Literal[True] | None = None
    cluster: str | None = None
    brief: Literal[True] | None = None

    def specification(self) -> TableSpec:
        """The validated specification.

        Raises InvalidConfiguration with the sentence that Config recorded for a table that cannot run.
        """
        if self.problem is not None:
            raise InvalidConfiguration(self.problem)
        return parse_spec(self.spec, self.table_name)


class Part(Wire):
    """Export: what one slice adds to the batch, and how many seconds to wait before checking its load."""

    rows: int
    bytes: int
    files: list[ExportedFile]
    wait_seconds: int


class Load(Wire):
    """Await load: the progress of the batch's load; `since` is the end of the export.

    `looked_through` of its files were refreshed where they seemed missed, all of them once it is `refreshed`.
    """

    since: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    wait_seconds: int = 0
    status: Literal["PENDING", "LOADED"] = "PENDING"
    loaded: int = 0
    refreshed: bool = False
    looked_through: int = 0


class Merging(Wire):
    """Merge: `run` identifies the running merge; without one, submit it again after `wait_seconds`.

    `submissions` counts how often that was done.
    """

    status: Literal["RUNNING"] = "RUNNING"
    run: str | None = None
    submissions: int = 1
    wait_seconds: int


class Merged(Wire):
    """Merge: the batch is merged; how many rows of it were quarantined for each column."""

    status: Literal["MERGED"] = "MERGED"
    ledger: Ledger
    quarantined_columns: dict[str, int] = Field(default_factory=dict)


Merge = Annotated[Merging | Merged, Field(discriminator="status")]


class Failure(Wire):
    """The definition's Catch: the state that failed, the error's class name and its message."""

    state: str
    error: str
    message: str


class State(Wire):
    """One table's state. `progress` is there until Watermark, and only where the ledger could be believed; `slice` is
    there in the branches of Export only, `failure` after an error only."""

    table: Table
    execution: str
    progress: Progress | None = None
    bounds: Bounds | None = None
    rules: Rules | None = Field(default=None, validation_alias="schema", serialization_alias="schema")
    slice: Slice | None = None
    batch: Batch | None = None
    load: Load | None = None
    merge: Merge | None = None
    result: Result | None = None
    failure: Failure | None = None


class Ended(Wire):
    """What a table's child execution returns; the definition leaves out zeros.

    `holder` is the execution that reads a BUSY table.
    """

    table_name: str
    status: Literal["LOADED", "IDLE", "BUSY", "FAILED"]
    holder: str | None = None
    error: str | None = None
    exported: int = 0
    loaded: int = 0
    merged: int = 0
    duplicates: int = 0
    quarantined: int = 0
    held: int = 0
    deleted: int = 0
    drift: float = 0
    sampled: int = 0
    waves: int = 0
    quarantined_columns: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0


class Execution(Wire):
    """The state of the whole execution: its tables and their progress by name, and how they ended; `attempt` counts its
    redrives so far."""

    tables: list[Table]
    replay: bool = False
    cluster: str = ""
    brief: bool = False
    maintain: bool = False
    progress: dict[str, Progress] = Field(default_factory=dict)
    attempt: int = 0
    results: list[Ended] = Field(default_factory=list)
