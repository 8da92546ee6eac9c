"""full_snapshot: every row, if any was written or the count changed; other rows of FINAL are deleted."""

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import full_name, written_since
from functions.shared.contract.bounds import Everything
from functions.shared.contract.spec import TableSpec
from functions.shared.strategies.base import Answer, Run
from functions.shared.strategies.checks import XID_RENEWAL


class FullSnapshot:
    """The whole table is one batch."""

    def check(self, _aurora: AuroraSession, _spec: TableSpec, _relation: Relation) -> None:
        """Any table will do."""

    def read(self, run: Run) -> Answer:
        """Every row; none where no row was written since the last batch's horizon and the count is the same."""
        answer = Answer(Everything(), run.fenced_at)
        low, rows = run.progress.last.horizon, run.progress.last.rows
        if run.stays_empty():
            return answer.idle("the table is empty")
        if low is None or rows is None or run.complete or not 0 <= run.fence.horizon - low < XID_RENEWAL:
            return answer
        # Every insert and update leaves a row with a younger xmin; without one, only deletes can have happened.
        query = sql.SQL("SELECT count(*) AS rows, count(*) FILTER (WHERE {}) AS written FROM {}")
        found = run.aurora.row(query.format(written_since(low), full_name(run.relation.source)))
        if found["written"] or found["rows"] != rows:
            return answer
        return answer.idle(f"its {rows} rows are unchanged since transaction {low}")

    def behind(self, _run: Run) -> sql.Composable | None:
        """None: it reads every row."""
        return None

    def behind_after_rewrite(self, _run: Run) -> sql.Composable | None:
        """None: it reads every row."""
        return None
