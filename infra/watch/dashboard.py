"""The dashboard: is every table fresh and right, what did the runs do, what do they cost."""

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.names import dashed
from infra.settings.settings import Settings
from infra.watch.metrics import FIVE_MINUTES, over_all_tables, require_written

_HALF, _FULL = 12, 24
_MEGABYTES_PER_GIGABYTE = 1024
_MILLISECONDS_PER_SECOND = 1000
# Title, unit of the axis, (step, metric, statistic)...: each a line over all tables.
_LINES: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("Staleness before each run", "seconds", (("watermark", "Staleness", "Maximum"),)),
    ("Staleness after each run", "seconds", (("reconcile", "Staleness", "Maximum"),)),
    ("Drift of the watermark after each merge", "seconds or ids", (("reconcile", "WatermarkDrift", "Maximum"),)),
    ("Fence lag", "seconds", (("watermark", "FenceLag", "Maximum"),)),
    ("Rows exported", "rows", (("export", "RowsExported", "Sum"),)),
    ("Rows merged", "rows", (("merge", "RowsMerged", "Sum"),)),
    ("Rows deleted", "rows", (("merge", "RowsDeleted", "Sum"),)),
    ("Rows quarantined", "rows", (("merge", "RowsQuarantined", "Sum"),)),
    (
        "Ledger and sample mismatches, load failures",
        "events",
        (
            ("reconcile", "LedgerMismatches", "Sum"),
            ("reconcile", "SampleMismatches", "Sum"),
            ("await_load", "LoadFailures", "Sum"),
        ),
    ),
    ("Rows held back past the fence", "rows", (("watermark", "RowsHeld", "Maximum"),)),
    ("Duration of a table's run", "seconds", (("reconcile", "RunSeconds", "Maximum"),)),
    ("From export to STAGING", "seconds", (("await_load", "LoadLatency", "Maximum"),)),
)

# Title, step, (how a metric's values of the interval become one, metric)...: the tables with the highest of the first.
_TABLES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Freshness", "watermark", (("latest", "Staleness"), ("latest", "FenceLag"), ("latest", "RowsHeld"))),
    (
        "Drift and duration",
        "reconcile",
        (
            *(("latest", "WatermarkDrift"), ("latest", "Staleness"), ("sum", "LedgerMismatches")),
            *(("sum", "SampleMismatches"), ("max", "RunSeconds")),
        ),
    ),
    ("Rows merged", "merge", (("sum", "RowsMerged"), ("sum", "RowsDeleted"), ("sum", "RowsQuarantined"))),
    ("Rows exported", "export", (("sum", "RowsExported"), ("sum", "BytesExported"), ("sum", "ExportSeconds"))),
)
_TABLES_SHOWN = 100


class SyncDashboard(Construct):
    """One dashboard with the name of the stack; a new table shows up by itself."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        state_machine: sfn.StateMachine,
        functions: Mapping[str, lambda_.Function],
        queues: Sequence[sqs.Queue],
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=settings.stack_name, default_interval=Duration.days(3)
        )
        dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_FULL, height=4))
        dashboard.add_widgets(_executions(state_machine), _waiting(queues))
        for left, right in zip(_TABLES[::2], _TABLES[1::2], strict=True):
            dashboard.add_widgets(self._by_table(*left), self._by_table(*right))
        for first, second in zip(_LINES[::2], _LINES[1::2], strict=True):
            dashboard.add_widgets(self._over_all(*first), self._over_all(*second))
        dashboard.add_widgets(cloudwatch.TextWidget(markdown="# Cost drivers", width=_FULL, height=1))
        dashboard.add_widgets(_transitions(), _gigabyte_seconds(functions.values()))
        dashboard.add_widgets(
            self._over_all("Aurora's time for exports", "seconds", (("export", "ExportSeconds", "Sum"),)),
            self._over_all("Text that Aurora wrote", "bytes", (("export", "BytesExported", "Sum"),)),
        )

    def _by_table(self, title: str, step: str, columns: tuple[tuple[str, str], ...]) -> cloudwatch.LogQueryWidget:
        """A line per table from the function's log, where a metric costs nothing more for each table."""
        require_written(step, *(name for _, name in columns))
        # In a line of metrics each value is a list, whose first element Logs Insights calls 0.
        found = ", ".join(f"{how}({name}.0) as {_spaced(name)}" for how, name in columns)
        present = " or ".join(f"ispresent({name}.0)" for _, name in columns)
        return cloudwatch.LogQueryWidget(
            title=f"{title}, by table",
            log_group_names=[f"/aws/lambda/{self._settings.stack_name}-{dashed(step)}"],
            query_lines=[
                f"filter {present}",
                f"stats {found} by table",
                f"sort {_spaced(columns[0][1])} desc",
                f"limit {_TABLES_SHOWN}",
            ],
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            width=_HALF,
            height=8,
        )

    def _over_all(self, title: str, unit: str, lines: Iterable[tuple[str, str, str]]) -> cloudwatch.GraphWidget:
        return _graph(title, unit, [over_all_tables(self._settings, *line) for line in lines])


def _spaced(name: str) -> str:
    """The column's name: a metric's own would hide the field that it is computed from."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _graph(title: str, unit: str, left: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    axis = cloudwatch.YAxisProps(label=unit, min=0, show_units=False)
    return cloudwatch.GraphWidget(title=title, left=list(left), left_y_axis=axis, width=_HALF, height=6)


def _executions(machine: sfn.StateMachine) -> cloudwatch.GraphWidget:
    counts = [machine.metric_started, machine.metric_succeeded, machine.metric_failed]
    counts += [machine.metric_timed_out, machine.metric_aborted]
    return cloudwatch.GraphWidget(
        title="Executions, and how long they took",
        left=[metric(period=FIVE_MINUTES, statistic="Sum") for metric in counts],
        right=[machine.metric_time(period=FIVE_MINUTES, statistic="Maximum")],
        width=_HALF,
        height=6,
    )


def _waiting(queues: Sequence[sqs.Queue]) -> cloudwatch.GraphWidget:
    depth = [queue.metric_approximate_number_of_messages_visible(statistic="Maximum") for queue in queues]
    return _graph("Dead letters and missed starts", "messages", depth)


def _transitions() -> cloudwatch.GraphWidget:
    consumed = sfn.StateTransitionMetric.metric_consumed_capacity(period=FIVE_MINUTES, statistic="Sum")
    return _graph("State transitions, of all state machines of the account", "transitions", [consumed])


def _gigabyte_seconds(functions: Iterable[lambda_.Function]) -> cloudwatch.GraphWidget:
    lines: list[cloudwatch.IMetric] = []
    for number, function in enumerate(functions):
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        gigabytes = (resource.memory_size or 0) / _MEGABYTES_PER_GIGABYTE
        lines.append(
            cloudwatch.MathExpression(
                expression=f"duration{number} / {_MILLISECONDS_PER_SECOND} * {gigabytes}",
                using_metrics={f"duration{number}": function.metric_duration(statistic="Sum")},
                label=str(resource.function_name),
                period=FIVE_MINUTES,
            )
        )
    return cloudwatch.GraphWidget(title="Lambda GB-seconds", left=lines, stacked=True, width=_HALF, height=6)
