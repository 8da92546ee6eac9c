"""The words that a merge ends with, and the remedies for those that are failures."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.merge.batches import refused_columns
from functions.shared.contract.rules import MergeRules
from functions.shared.contract.spec import TableSpec
from functions.shared.ground.errors import MergeFailed
from functions.shared.snowflake.objects import TableObjects
from functions.shared.snowflake.session import SnowflakeSession


@dataclass(frozen=True)
class Repetition:
    """How often a merge is submitted at most, and how long after the last time."""

    most: int
    wait_seconds: int


# Ends at which the ledger has no line of the batch, and may have one when the merge is submitted again.
REPEATED: Mapping[str, Repetition] = {
    # Another batch was merged meanwhile.
    "CONCURRENT": Repetition(most=100, wait_seconds=5),
    "TASK_SKIPPED": Repetition(most=100, wait_seconds=5),
    # Another batch's run took the place of one that waited.
    "TASK_REPLACED": Repetition(most=20, wait_seconds=5),
    # Its session may see what another has committed a moment later: the loaded rows, the batch's record; and this
    # session the line that it has committed itself. A second submission then ends as ALREADY_MERGED.
    "PARTIAL_LOAD": Repetition(most=2, wait_seconds=10),
    "NO_BATCH": Repetition(most=3, wait_seconds=5),
    "MERGED": Repetition(most=3, wait_seconds=5),
    "ALREADY_MERGED": Repetition(most=3, wait_seconds=5),
    "INTERRUPTED": Repetition(most=5, wait_seconds=30),
    # Each time costs all of statement_timeout_seconds.
    "TIMED_OUT": Repetition(most=2, wait_seconds=30),
}
_REMEDIES = {
    "PARTIAL_LOAD": "STAGING does not hold every row of the batch in the table's present layout; re-run the table, "
    "which exports it again",
    "INTERRUPTED": "see QUERY_HISTORY for what ended it, then re-run the table",
    "TIMED_OUT": "it took longer than statement_timeout_seconds, or somebody cancelled it (QUERY_HISTORY says who): "
    "give the table a bigger warehouse by its key warehouse, or raise the setting, then re-run the table",
    "TASK_REPLACED": "other runs of the table's task took its place each time; let those end, then re-run the table",
    "DUPLICATE_KEYS": "its primary_keys occur twice in one snapshot, so they are not a key; name unique columns",
    "OVERLAPPING": "another run read the table at the same time, and neither batch is the newer one for every row; "
    "re-run the table",
    "NO_BATCH": "the batch is not recorded in CONTROL.BATCHES; re-run the table",
}


def repetition(outcome: str, submissions: int) -> Repetition | None:
    """How a merge that ended so is submitted again; None where it is not, or was so often already."""
    found = REPEATED.get(outcome.partition(" ")[0])
    return found if found and submissions < found.most else None


def failure(
    outcome: str, spec: TableSpec, rules: MergeRules, snowflake: SnowflakeSession, objects: TableObjects, batch_id: str
) -> MergeFailed:
    """The error for a merge that ended with this outcome; a word may have details behind it."""
    word, _, details = outcome.partition(" ")
    if word == "MASS_DELETE":
        missing, living = details.split()
        reason = (
            f"the snapshot lacks {missing} of FINAL's {living} rows, more than max_delete_percent "
            f"{spec.max_delete_percent} allows to delete; if they are gone on purpose, set max_delete_percent to 100 "
            "for one run"
        )
    elif word == "UNREPRESENTABLE":
        strict = [column.target_name for column in rules.columns if column.unrepresentable == "fail"]
        refused = refused_columns(snowflake, objects, batch_id)
        counts = ", ".join(f"{name} ({rows} rows)" for name, rows in refused.items() if name in strict)
        reason = (
            f"FINAL cannot hold values of {counts}, and on_unrepresentable is fail; mend the rows in Aurora, or set "
            "it to quarantine or text"
        )
    else:
        reason = f"the merge ended with {outcome}: {_REMEDIES.get(word, 're-run the table')}"
    return MergeFailed(f"{spec.table_name}: {reason}")
