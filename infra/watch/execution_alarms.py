"""The alarms on executions and queues: failures, a start that did not come, messages that nobody has read."""

from collections.abc import Iterator
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.settings.schedule_gap import longest_gap
from infra.settings.settings import Settings
from infra.watch.alarms import AlarmSpec
from infra.watch.function_metrics import FIVE_MINUTES, over_all_tables

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
# CloudWatch looks back no further, in periods of an hour.
_LONGEST_LOOK = timedelta(days=7)
_PERIODS_WITHOUT_START = 2


def execution_alarms(
    settings: Settings, state_machine: sfn.StateMachine, dead_letters: sqs.Queue, missed_starts: sqs.Queue
) -> Iterator[AlarmSpec]:
    """The alarms on what AWS itself counts."""
    yield AlarmSpec(
        "executions-failed",
        state_machine.metric_failed(period=FIVE_MINUTES, statistic="Sum"),
        "An execution failed: at least one table was not synced. Read the dead letters, mend each cause and redrive "
        "the execution, which runs only the failed tables.",
        "docs/runbook/failed-table.md",
    )
    yield AlarmSpec(
        "executions-timed-out",
        state_machine.metric_timed_out(period=FIVE_MINUTES, statistic="Sum"),
        "An execution ran for a day and was ended. Find the table that did not come to an end in its Map Run, then "
        "redrive the execution; what was merged stays.",
        "docs/runbook/redrive.md",
    )
    yield from _not_started(settings)
    yield AlarmSpec(
        "dead-letters",
        _waiting(dead_letters),
        "Failed tables wait in the dead-letter queue, and the alarm stays on until it is empty. Follow each "
        "message, redrive or re-run, then delete the message.",
        "docs/runbook/dead-letters.md",
        stays=True,
    )
    yield AlarmSpec(
        "missed-starts",
        _waiting(missed_starts),
        "EventBridge Scheduler could not start an execution for an hour. Read the message's attributes for the reason, "
        "start one by hand if the next one is far, then delete the message.",
        "docs/runbook/not-started.md",
        stays=True,
    )


def rests_too_long(settings: Settings) -> bool:
    """Whether the schedule's starts are too rare, or too irregular, for an alarm on one that did not come."""
    gap = longest_gap(settings.schedule)
    return gap is None or gap * _PERIODS_WITHOUT_START > _LONGEST_LOOK


def _not_started(settings: Settings) -> Iterator[AlarmSpec]:
    gap = longest_gap(settings.schedule)
    if gap is None or not settings.schedule_enabled or rests_too_long(settings):
        return
    period = min(gap, _HOUR)
    looks = -(-gap * _PERIODS_WITHOUT_START // period)
    yield AlarmSpec(
        "executions-not-started",
        # Not the executions that started: maintenance has its own, which a schedule that died would hide behind.
        over_all_tables(settings, "config", "TablesConfigured", "SampleCount").with_(
            period=Duration.minutes(period // _MINUTE)
        ),
        f"No execution has started to sync for {looks * period // _MINUTE} minutes, twice as long as the schedule "
        "rests, or none got as far as its tables. See whether the schedule is enabled, what the queue of missed starts "
        "says, and whether the last executions failed in Config.",
        "docs/runbook/not-started.md",
        absence=looks,
    )


def _waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum")
