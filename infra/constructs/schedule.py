"""The schedule that starts the workflow."""

from aws_cdk import Aws, Duration, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.dead_letter import dead_letter_queue
from infra.settings.settings import Settings


class SyncSchedule(Construct):
    """Starts an execution for every table; a start that could not be made goes to a separate queue."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, state_machine: sfn.IStateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        self.missed = dead_letter_queue(self, "MissedStarts", queue_name=f"{settings.stack_name}-missed-starts")
        self.schedule = scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=settings.stack_name,
            description="Starts aurora-snowflake-sync for every table of Parameter Store.",
            enabled=settings.schedule_enabled,
            schedule=scheduler.ScheduleExpression.expression(
                settings.schedule, TimeZone.of(settings.schedule_timezone)
            ),
            target=targets.StepFunctionsStartExecution(
                state_machine,
                role=self._role(f"{settings.stack_name}-schedule"),
                input=scheduler.ScheduleTargetInput.from_object({}),
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
