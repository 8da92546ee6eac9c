from tests.support.synthesis import Synthesized, synthesize_stack


def test_an_execution_for_every_table_starts_each_hour(stack: Synthesized) -> None:
    [schedule] = stack.of_type("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 * * * ? *)"
    assert (schedule["ScheduleExpressionTimezone"], schedule["State"]) == ("UTC", "ENABLED")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert stack.text(schedule["Target"]["Arn"]) == "aurora-snowflake-sync"
    assert schedule["Target"]["Input"] == "{}"


def test_the_schedule_comes_from_the_context() -> None:
    stack = synthesize_stack(schedule="rate(15 minutes)", schedule_timezone="Europe/Berlin", schedule_enabled=False)
    [schedule] = stack.of_type("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(15 minutes)"
    assert (schedule["ScheduleExpressionTimezone"], schedule["State"]) == ("Europe/Berlin", "DISABLED")


def test_a_start_that_cannot_be_made_is_retried_for_an_hour_and_then_kept(stack: Synthesized) -> None:
    [schedule] = stack.of_type("AWS::Scheduler::Schedule")
    target = schedule["Target"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
    assert stack.text(target["DeadLetterConfig"]["Arn"]) == "arn of aurora-snowflake-sync-missed-starts"
