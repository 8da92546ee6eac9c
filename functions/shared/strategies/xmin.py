"""xmin: the rows written since the last horizon, by the transaction id that PostgreSQL keeps in each row."""

from psycopg2 import sql

from functions.shared.aurora.catalog import Relation
from functions.shared.aurora.session import AuroraSession
from functions.shared.aurora.windows import comparable, full_name, rows_in, written_before
from functions.shared.contract.bounds import Everything, TransactionWindow
from functions.shared.contract.spec import TableSpec
from functions.shared.strategies.base import Answer, Run
from functions.shared.strategies.checks import XID_RENEWAL, check_key


class Xmin:
    """No column is needed: every write leaves its transaction's id."""

    def check(self, _aurora: AuroraSession, spec: TableSpec, relation: Relation) -> None:
        """Raises InvalidConfiguration for a table without a key."""
        check_key(spec, relation)

    def read(self, run: Run) -> Answer:
        """The rows between the last batch's horizon and the fence's; everything where the two cannot be compared."""
        low = run.progress.last.horizon
        window = TransactionWindow(low=low, high=run.fence.horizon)
        answer = Answer(Everything() if run.complete else window, run.fenced_at)
        if run.stays_empty():
            return answer.idle("the table is empty")
        if low is None or run.complete:
            return answer
        if not comparable(low, run.fence.horizon):
            note = f"the last horizon {low} cannot be compared with {run.fence.horizon}: reloaded"
            return Answer(Everything(), run.fenced_at, note=note)
        query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {}) AS pending")
        pending = run.aurora.row(query.format(full_name(run.relation.source), rows_in(window)))["pending"]
        if pending or run.fence.horizon - low >= XID_RENEWAL:
            return answer
        return answer.idle(f"no row was written by transactions {low} to {run.fence.horizon}")

    def behind(self, run: Run) -> sql.Composable | None:
        """The rows written before the last horizon."""
        horizon = run.progress.last.horizon
        if horizon is None or not comparable(horizon, run.fence.horizon):
            return None
        return written_before(horizon)

    def behind_after_rewrite(self, _run: Run) -> sql.Composable | None:
        """None: a rewritten row has a younger transaction id."""
        return None
