"""Config: reads and validates the table specifications, and narrows them to the tables asked for."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared.access.parameters import read_tables
from functions.shared.contract.specifications import collect, is_replay, select
from functions.shared.ground.errors import InvalidConfiguration
from functions.shared.ground.observability import Event, count, logger, step
from functions.shared.ground.settings import settings


@step
def handler(event: Event, _context: LambdaContext) -> Event:
    """Returns {"tables": [{table_name, spec, digest} or {table_name, problem}, ...], "replay"}; with the input's replay
    true each table has it as well.

    Raises InvalidConfiguration where there is no table at all, AccessDenied and ParametersUnavailable.
    """
    prefix, replay = settings().parameter_prefix, is_replay(event.get("replay"))
    entries = collect(read_tables(prefix), prefix)
    chosen = select(entries, event.get("tables"))
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
    return {"tables": [entry.to_item(replay) for entry in chosen], "replay": replay}
