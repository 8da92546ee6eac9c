"""Config: reads and validates the table specifications, and narrows them to the tables asked for."""

from typing import Any

from functions.shared.access.cluster import read_cluster
from functions.shared.access.parameters import read_tables
from functions.shared.contract.specifications import collect, is_maintenance, is_replay, select
from functions.shared.contract.state import Table
from functions.shared.contract.wire import Wire
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.ground.observability import count, logger, step
from functions.shared.ground.settings import settings
from functions.shared.ground.state_size import MOST_BYTES, size_of

_MOST_BYTES = MOST_BYTES - 4096
# What a table's result takes beside its name where everything failed.
_RESULT_BYTES = 262


class Input(Wire):
    """The execution's input, from an operator, the schedule or a redrive, not yet validated."""

    tables: Any = None
    replay: Any = None
    maintain: Any = None


class Output(Wire):
    """The tables to run; with `replay`, from their quarantine instead of from Aurora.

    `cluster` is the resource id of Aurora's cluster; empty where the deployment names none. `brief` where the results
    of so many tables have room for little more than their names. `maintain` where there is maintenance instead.
    """

    tables: list[Table]
    replay: bool
    cluster: str
    brief: bool
    maintain: bool = False


@step
def handler(given: Input) -> Output:
    """Raises InvalidConfiguration where no table is configured; AccessDenied, ParametersUnavailable and
    SourceUnavailable."""
    if is_maintenance(given.maintain, given.tables):
        return Output(tables=[], replay=False, cluster="", brief=False, maintain=True)
    prefix, replay = settings().parameter_prefix, is_replay(given.replay)
    entries = collect(read_tables(prefix), prefix)
    chosen = select(entries, given.tables)
    if not chosen:
        raise InvalidConfiguration(
            f"No table is configured: put a list such as "
            f'[{{"table_name": "public.orders", "watermark_col": "updated_at"}}] into the parameter {prefix}/tables'
        )
    broken = [entry.problem for entry in chosen if entry.problem]
    for problem in broken:
        logger.warning("A table cannot run", extra={"problem": problem})
    count("TablesConfigured", len(chosen))
    count("TablesMisconfigured", len(broken))
    cluster = read_cluster(arn) if (arn := settings().aurora_cluster_arn) else ""
    tables = [entry.to_table(replay) for entry in chosen]
    brief = size_of([table.table_name for table in tables]) + _RESULT_BYTES * len(tables) > _MOST_BYTES
    output = Output(tables=tables, replay=replay, cluster=cluster, brief=brief)
    _refuse_too_many(output)
    return output


def _refuse_too_many(output: Output) -> None:
    """Raises InvalidConfiguration where the tables do not fit into the execution's state."""
    size = size_of(output.model_dump(mode="json"))
    if size <= _MOST_BYTES:
        return
    fit = len(output.tables) * _MOST_BYTES // size
    raise InvalidConfiguration(
        f"{len(output.tables)} tables with their specifications take {size // 1024} KB, and an execution has room for "
        f"{_MOST_BYTES // 1024} KB, about {fit} of them: start executions of at most so many by "
        '{"tables": ["public.orders", ...]}, and let a second deployment have the rest'
    )
