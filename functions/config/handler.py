"""Config: reads and validates the table specifications, and narrows them to the tables asked for."""

from typing import Any

from functions.shared.access.cluster import read_cluster
from functions.shared.access.parameters import read_tables
from functions.shared.contract.specifications import collect, is_replay, select
from functions.shared.contract.state import Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.ground.observability import count, logger, step
from functions.shared.ground.settings import settings


class Input(Wire):
    """The execution's input, from an operator, the schedule or a redrive, not yet validated."""

    tables: Any = None
    replay: Any = None


class Output(Wire):
    """The tables to run; with `replay`, from their quarantine instead of from Aurora.

    `cluster` is the resource id of Aurora's cluster; empty where the deployment names none.
    """

    tables: list[Table]
    replay: bool
    cluster: str


@step
def handler(given: Input) -> Output:
    """Raises InvalidConfiguration where no table is configured, or no cluster is where the deployment names one;
    AccessDenied, ParametersUnavailable and SourceUnavailable."""
    prefix, replay = settings().parameter_prefix, is_replay(given.replay)
    entries = collect(read_tables(prefix), prefix)
    chosen = select(entries, given.tables)
    if not chosen:
        raise InvalidConfiguration(
            f"No table is configured: put a list such as "
            f'[{{"table_name": "public.orders", "watermark_col": "updated_at"}}] into the parameter {prefix}/tables'
        )
    cluster = read_cluster(arn) if (arn := settings().aurora_cluster_arn) else ""
    broken = [entry.problem for entry in chosen if entry.problem]
    for problem in broken:
        logger.warning("A table cannot run", extra={"problem": problem})
    count("TablesConfigured", len(chosen))
    count("TablesMisconfigured", len(broken))
    return Output(tables=[entry.to_table(replay) for entry in chosen], replay=replay, cluster=cluster)
