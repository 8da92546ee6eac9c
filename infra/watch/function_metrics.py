"""The functions' metrics as the alarms and the dashboard read them from CloudWatch: over all tables."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from functions.shared.ground.metrics import METRICS
from infra.constructs.names import dashed
from infra.settings.settings import Settings

FIVE_MINUTES = Duration.minutes(5)
_WRITTEN = {(step, metric.name) for metric in METRICS for step in metric.steps}


def over_all_tables(settings: Settings, step: str, name: str, statistic: str) -> cloudwatch.Metric:
    """A function's metric; only the log line that carries a value names the table.

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
    """Raises ValueError for a metric that the step does not write: its graph would stay empty, its alarm silent."""
    for name in names:
        if (step, name) not in _WRITTEN:
            raise ValueError(
                f"The step {step} writes no metric {name}: name one of functions/shared/ground/metrics.py."
            )
