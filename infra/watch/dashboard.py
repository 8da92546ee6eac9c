"""The dashboard: is every table fresh and right, what did the runs do, what do they cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.names import dashed
from infra.settings.settings import Settings
from infra.watch.function_metrics import FIVE_MINUTES, over_all_tables, require_written
from infra.watch.panels import COSTS, GRAPHS, TABLE_LISTS, Graph, TableList

_HALF, _FULL = 12, 24
_MEGABYTES_PER_GIGABYTE = 1024
_MILLISECONDS_PER_SECOND = 1000
_TABLES_SHOWN = 100


class SyncDashboard(Construct):
    """One dashboard with the name of the stack; a new table appears on it without a deployment."""

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
        for row in _pairs([self._by_table(one) for one in TABLE_LISTS]):
            dashboard.add_widgets(*row)
        for row in _pairs([self._over_all(one) for one in GRAPHS]):
            dashboard.add_widgets(*row)
        dashboard.add_widgets(cloudwatch.TextWidget(markdown="# Cost drivers", width=_FULL, height=1))
        dashboard.add_widgets(_transitions(), _gigabyte_seconds(functions.values()))
        dashboard.add_widgets(*(self._over_all(one) for one in COSTS))

    def _by_table(self, shown: TableList) -> cloudwatch.LogQueryWidget:
        """A row per table from the function's log, where a metric costs nothing more for each table."""
        names = [column.metric for column in shown.columns]
        require_written(shown.step, *names)
        # In a log line of metrics each value is a list; Logs Insights names its first element 0.
        found = ", ".join(f"{one.function}({one.metric}.0) as {_spaced(one.metric)}" for one in shown.columns)
        present = " or ".join(f"ispresent({name}.0)" for name in names)
        return cloudwatch.LogQueryWidget(
            title=f"{shown.title}, by table",
            log_group_names=[f"/aws/lambda/{self._settings.stack_name}-{dashed(shown.step)}"],
            query_lines=[
                f"filter {present}",
                f"stats {found} by table",
                f"sort {_spaced(names[0])} desc",
                f"limit {_TABLES_SHOWN}",
            ],
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            width=_HALF,
            height=8,
        )

    def _over_all(self, shown: Graph) -> cloudwatch.GraphWidget:
        lines = [over_all_tables(self._settings, line.step, line.metric, line.statistic) for line in shown.lines]
        return _graph(shown.title, shown.unit, lines)


def _pairs(widgets: Sequence[cloudwatch.IWidget]) -> Iterator[Sequence[cloudwatch.IWidget]]:
    """Two widgets of half the width make a row."""
    return (widgets[first : first + 2] for first in range(0, len(widgets), 2))


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
