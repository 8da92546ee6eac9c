"""Dead letters, the topic of failures, the list of tables, and what the stack tells about them."""

import pytest

from tests.support.synthesis import Synthesized, synthesize_stack

FOURTEEN_DAYS = 14 * 24 * 3600


@pytest.mark.parametrize("name", ["aurora-snowflake-sync-dead-letters", "aurora-snowflake-sync-missed-starts"])
def test_a_dead_letter_is_kept_encrypted_for_fourteen_days(stack: Synthesized, name: str) -> None:
    stack.template.has_resource_properties(
        "AWS::SQS::Queue",
        {"QueueName": name, "MessageRetentionPeriod": FOURTEEN_DAYS, "SqsManagedSseEnabled": True},
    )


def test_queues_and_topic_refuse_requests_without_tls(stack: Synthesized) -> None:
    policies = stack.of_type("AWS::SQS::QueuePolicy") + stack.of_type("AWS::SNS::TopicPolicy")
    guarded = {
        stack.text(target)
        for policy in policies
        for target in policy.get("Queues", policy.get("Topics", []))
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert guarded == {
        "aurora-snowflake-sync-dead-letters",
        "aurora-snowflake-sync-missed-starts",
        "aurora-snowflake-sync-failures",
    }


def test_alarms_and_event_rules_may_use_the_key_of_the_topic(stack: Synthesized) -> None:
    services = {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    [topic] = stack.of_type("AWS::SNS::Topic")
    assert stack.text(topic["KmsMasterKeyId"]) == "arn of NotificationsKey"
    [use] = [
        found
        for key in stack.of_type("AWS::KMS::Key")
        for found in key["KeyPolicy"]["Statement"]
        if "Service" in found["Principal"]
    ]
    assert set(use["Principal"]["Service"]) == services
    assert set(use["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    # KMS is told no source by EventBridge: a condition would silence it.
    assert "Condition" not in use


def test_failures_are_mailed_only_where_an_address_is_given(stack: Synthesized) -> None:
    stack.template.resource_count_is("AWS::SNS::Subscription", 0)
    mailing = synthesize_stack(notification_email="data-team@example.com")
    [subscription] = mailing.of_type("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "data-team@example.com")
    assert mailing.text(subscription["TopicArn"]) == "aurora-snowflake-sync-failures"


def test_no_update_writes_and_no_deletion_takes_the_list_of_tables(stack: Synthesized) -> None:
    stack.template.resource_count_is("AWS::SSM::Parameter", 0)
    assert synthesize_stack(parameter_prefix="/team/sync").outputs["ParameterPrefix"] == "/team/sync"


def test_the_outputs_name_what_operators_need(stack: Synthesized) -> None:
    assert (
        stack.outputs.items()
        >= {
            "StateMachineArn": "aurora-snowflake-sync",
            "StagingBucketName": "StagingBucket",
            "DeadLetterQueueUrl": "aurora-snowflake-sync-dead-letters",
            "TopicArn": "aurora-snowflake-sync-failures",
            "ParameterPrefix": "/aurora-snowflake-sync",
        }.items()
    )
