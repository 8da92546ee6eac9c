"""CloudWatch's metrics as this project reads them: those of its functions over all tables, and by table."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.settings import Settings

FIVE_MINUTES = Duration.minutes(5)


def over_all_tables(settings: Settings, step: str, name: str, statistic: str) -> cloudwatch.Metric:
    """A function's metric over all tables, which it writes once more under its own name alone."""
    return cloudwatch.Metric(
        namespace=settings.stack_name,
        metric_name=name,
        dimensions_map={"service": step.replace("_", "-")},
        statistic=statistic,
        period=FIVE_MINUTES,
    )


def by_table(settings: Settings, step: str, name: str, statistic: str) -> cloudwatch.SearchExpression:
    """A function's metric as one line for each table that there is; an alarm cannot watch it."""
    schema = f'{{"{settings.stack_name}",service,table}}'
    found = f'MetricName="{name}" AND service="{step.replace("_", "-")}"'
    return cloudwatch.SearchExpression(
        expression=f"SEARCH('{schema} {found}', '{statistic}', 300)",
        label="${PROP('Dim.table')} ${PROP('MetricName')}",
        period=FIVE_MINUTES,
    )
