"""CloudWatch's metrics as this project reads them: those of its functions, over all tables."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from functions.shared.ground.metrics import METRICS
from infra.constructs.names import dashed
from infra.settings.settings import Settings

FIVE_MINUTES = Duration.minutes(5)
_WRITTEN = {(step, metric.name) for metric in METRICS for step in metric.steps}


def over_all_tables(settings: Settings, step: str, name: str, statistic: str) -> cloudwatch.Metric:
    """A function's metric; of which table a value is, only the log line says that carries it.

    Raises ValueError for a metric that the step does not write.
    """
    require_written(step, name)
    return cloudwatch.Metric(
        namespace=settings.stack_name,
        metric_name=name,
        dimensions_map={"service": dashed(step)},
        statistic=statistic,
        period=FIVE_MINUTES,
    )


def require_written(step: str, *names: str) -> None:
    """Raises ValueError for a metric that the step does not write: it would be drawn empty and never ring."""
    for name in names:
        if (step, name) not in _WRITTEN:
            raise ValueError(
                f"The step {step} writes no metric {name}: name one of functions/shared/ground/metrics.py."
            )
