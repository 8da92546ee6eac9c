"""CloudWatch's metrics as this project reads them: those of its functions, over all tables."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.settings import Settings

FIVE_MINUTES = Duration.minutes(5)


def over_all_tables(settings: Settings, step: str, name: str, statistic: str) -> cloudwatch.Metric:
    """A function's metric; of which table a value is, only the log line says that carries it."""
    return cloudwatch.Metric(
        namespace=settings.stack_name,
        metric_name=name,
        dimensions_map={"service": step.replace("_", "-")},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
