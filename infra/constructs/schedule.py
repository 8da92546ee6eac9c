"""The schedules that start the workflow."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Duration, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.dead_letter import dead_letter_queue
from infra.settings.settings import Settings


@dataclass(frozen=True)
class Start:
    """A schedule: its name and description, when it starts an execution, and the execution's input."""

    name: str
    description: str
    expression: str
    enabled: bool
    given: Mapping[str, bool]


class SyncSchedule(Construct):
    """Starts an execution for every table, and one that maintains; starts that could not be made go to a queue."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, state_machine: sfn.IStateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        self.missed = dead_letter_queue(self, "MissedStarts", queue_name=f"{settings.stack_name}-missed-starts")
        self._machine, self._zone = state_machine, TimeZone.of(settings.schedule_timezone)
        self._starter = self._role(f"{settings.stack_name}-schedule")
        self._schedule(
            "Schedule",
            Start(
                settings.stack_name,
                "Starts aurora-snowflake-sync for every table of Parameter Store.",
                settings.schedule,
                settings.schedule_enabled,
                {},
            ),
        )
        self._schedule(
            "Maintenance",
            Start(
                f"{settings.stack_name}-maintain",
                "Starts the maintenance of aurora-snowflake-sync, which removes what no run reads any more.",
                settings.maintain_schedule,
                settings.maintain_enabled,
                {"maintain": True},
            ),
        )

    def _schedule(self, construct_id: str, start: Start) -> None:
        scheduler.Schedule(
            self,
            construct_id,
            schedule_name=start.name,
            description=start.description,
            enabled=start.enabled,
            schedule=scheduler.ScheduleExpression.expression(start.expression, self._zone),
            target=targets.StepFunctionsStartExecution(
                self._machine,
                role=self._starter,
                input=scheduler.ScheduleTargetInput.from_object(dict(start.given)),
                dead_letter_queue=self.missed,
                # A start an hour late is worth less than the next one.
                max_event_age=Duration.hours(1),
                retry_attempts=10,
            ),
        )

    def _role(self, name: str) -> iam.Role:
        # The conditions keep others' schedules from borrowing the role; the Scheduler names the schedule's group.
        group = Stack.of(self).format_arn(service="scheduler", resource="schedule-group", resource_name="default")
        principal = iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}},
        )
        return iam.Role(self, "Role", role_name=name, assumed_by=principal)
