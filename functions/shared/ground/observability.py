"""The functions' logger and metrics, with the table and the execution on every line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from functions.shared.ground.state_size import check_size

logger = Logger()
metrics = Metrics()

Event = dict[str, Any]
Reads = TypeVar("Reads", bound=BaseModel)
Adds = TypeVar("Adds", bound=BaseModel)


def step(handler: Callable[[Reads], Adds]) -> Callable[[Event, LambdaContext], Event]:
    """A workflow step: takes the parts of the state that its parameter's model reads, returns those that it adds.

    Every log line has its table and execution, every line of metrics its table. Parts that the handler did not set are
    absent from its answer, so that the state keeps them. Raises StateTooLarge where the state would be.
    """
    parameter = next(name for name in get_type_hints(handler) if name != "return")
    reads: type[Reads] = get_type_hints(handler)[parameter]

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def observed(event: Event, _context: LambdaContext) -> Event:
        table = event.get("table")
        name = table.get("table_name", "") if isinstance(table, dict) else ""
        logger.append_keys(table=name, execution=event.get("execution", ""))
        # Not a dimension, each value of which CloudWatch bills as a metric; Logs Insights can group by metadata, too.
        metrics.add_metadata(key="table", value=name or "all")
        try:
            added: Event = handler(reads.model_validate(event)).model_dump(mode="json", by_alias=True)
            if name:
                check_size(name, {**event, **added})
            return added
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()
            metrics.clear_metrics()

    return observed


def count(name: str, value: float) -> None:
    """Adds one metric of this table."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def seconds(name: str, value: float) -> None:
    """Adds one duration of this table, in seconds."""
    metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=value)


@contextmanager
def verdict(name: str, *failures: type[Exception]) -> Iterator[None]:
    """Adds a metric: 1 where the block, or the function it decorates, raises one of these errors, 0 where it ends
    without an error, and nothing for other errors."""
    try:
        yield
    except failures:
        count(name, 1)
        raise
    count(name, 0)
