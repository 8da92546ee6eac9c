from typing import Any

from tests.support.synthesis import Synthesized, synthesize_stack

SYNC, MAINTENANCE = "aurora-snowflake-sync", "aurora-snowflake-sync-maintain"


def schedules(stack: Synthesized) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in stack.of_type("AWS::Scheduler::Schedule")}


def test_an_execution_for_every_table_starts_each_hour_and_maintenance_each_day(stack: Synthesized) -> None:
    found = schedules(stack)
    assert found.keys() == {SYNC, MAINTENANCE}
    assert found[SYNC]["ScheduleExpression"] == "cron(0 * * * ? *)"
    assert found[MAINTENANCE]["ScheduleExpression"] == "cron(30 3 * * ? *)"
    assert (found[SYNC]["Target"]["Input"], found[MAINTENANCE]["Target"]["Input"]) == ("{}", '{"maintain":true}')
    for schedule in found.values():
        assert (schedule["ScheduleExpressionTimezone"], schedule["State"]) == ("UTC", "ENABLED")
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert stack.text(schedule["Target"]["Arn"]) == SYNC
        assert stack.text(schedule["Target"]["RoleArn"]) == f"arn of {SYNC}-schedule"


def test_the_schedules_come_from_the_context() -> None:
    found = schedules(
        synthesize_stack(
            schedule="rate(15 minutes)",
            schedule_timezone="Europe/Berlin",
            schedule_enabled=False,
            maintain_schedule="rate(7 days)",
        )
    )
    assert (found[SYNC]["ScheduleExpression"], found[SYNC]["State"]) == ("rate(15 minutes)", "DISABLED")
    assert (found[MAINTENANCE]["ScheduleExpression"], found[MAINTENANCE]["State"]) == ("rate(7 days)", "ENABLED")
    assert {one["ScheduleExpressionTimezone"] for one in found.values()} == {"Europe/Berlin"}
    assert schedules(synthesize_stack(maintain_enabled=False))[MAINTENANCE]["State"] == "DISABLED"


def test_a_start_that_cannot_be_made_is_retried_for_an_hour_and_then_kept(stack: Synthesized) -> None:
    for schedule in schedules(stack).values():
        target = schedule["Target"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
        assert stack.text(target["DeadLetterConfig"]["Arn"]) == "arn of aurora-snowflake-sync-missed-starts"
