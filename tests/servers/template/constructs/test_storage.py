from typing import Any

from aws_cdk.assertions import Match

from infra.constructs.function_specs import FUNCTIONS
from tests.support.synthesis import Synthesized, synthesize_stack

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:sf-snowpipe-AIDAEXAMPLE-AbCd"


def test_the_bucket_is_private_encrypted_and_owned_by_this_account(stack: Synthesized) -> None:
    stack.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": {"Fn::GetAtt": [Match.string_like_regexp("^StagingKey"), "Arn"]},
                        },
                    }
                ]
            },
        },
    )


def test_keys_are_rotated(stack: Synthesized) -> None:
    assert [key["EnableKeyRotation"] for key in stack.of_type("AWS::KMS::Key")] == [True, True]


def test_who_administers_a_key_cannot_use_it(stack: Synthesized) -> None:
    for key in stack.of_type("AWS::KMS::Key"):
        [administration] = [
            statement
            for statement in key["KeyPolicy"]["Statement"]
            if "Condition" not in statement and "AWS" in statement["Principal"]
        ]
        uses = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"}
        assert "kms:PutKeyPolicy" in administration["Action"]
        assert not uses & set(administration["Action"])


def rules(stack: Synthesized) -> dict[str, Any]:
    """The one lifecycle rule of the staging bucket."""
    [found] = [
        bucket["LifecycleConfiguration"]["Rules"]
        for bucket in stack.of_type("AWS::S3::Bucket")
        if "LoggingConfiguration" in bucket
    ]
    [rule] = found
    assert rule["Status"] == "Enabled"
    return dict(rule)


def test_files_and_abandoned_uploads_expire(stack: Synthesized) -> None:
    rule = rules(stack)
    assert rule["ExpirationInDays"] == 30
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Transitions" not in rule


def test_files_can_go_to_glacier_before_they_expire() -> None:
    rule = rules(synthesize_stack(staging_retention_days=400, staging_glacier_days=30))
    assert rule["ExpirationInDays"] == 400
    assert rule["Transitions"] == [{"StorageClass": "GLACIER", "TransitionInDays": 30}]


def test_every_access_to_the_staging_bucket_is_logged(stack: Synthesized) -> None:
    [logged] = [bucket for bucket in stack.of_type("AWS::S3::Bucket") if "LoggingConfiguration" in bucket]
    assert stack.text(logged["LoggingConfiguration"]["DestinationBucketName"]) == "StagingAccessLogs"


def test_requests_without_tls_are_denied(stack: Synthesized) -> None:
    stack.template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        {
                            "Action": "s3:*",
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Condition": condition,
                            "Resource": Match.any_value(),
                        }
                        for condition in (
                            {"Bool": {"aws:SecureTransport": "false"}},
                            {"NumericLessThan": {"s3:TlsVersion": 1.2}},
                        )
                    ]
                )
            }
        },
    )


def test_an_upload_under_another_key_or_aws_own_is_denied_and_one_without_headers_is_not(stack: Synthesized) -> None:
    """A part of an upload names neither encryption nor key."""
    named, encryption = "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption"
    [policy] = [
        policy["PolicyDocument"]["Statement"]
        for policy in stack.of_type("AWS::S3::BucketPolicy")
        if stack.text(policy["Bucket"]) == "StagingBucket"
    ]
    other, awss = [
        statement["Condition"]
        for statement in policy
        if statement["Action"] == "s3:PutObject" and statement["Effect"] == "Deny"
    ]
    assert stack.text(other["StringNotEquals"].pop(named)) == "arn of StagingKey"
    assert other == {"StringNotEquals": {}, "Null": {named: "false"}}
    assert awss == {"Null": {encryption: "false", named: "true"}}


def fates(stack: Synthesized, *kinds: str) -> set[str]:
    return {found["DeletionPolicy"] for found in stack.resources.values() if found["Type"] in kinds}


def test_data_and_logs_outlive_the_stack_but_not_a_creation_that_failed(new: Synthesized) -> None:
    assert fates(new, "AWS::S3::Bucket", "AWS::Logs::LogGroup") == {"RetainExceptOnCreate"}
    assert [found["DeletionPolicy"] for name, found in new.resources.items() if name.startswith("StagingKey")] == [
        "RetainExceptOnCreate"
    ]


def test_data_and_logs_go_with_the_stack_where_that_is_chosen() -> None:
    going = synthesize_stack(retain_data=False)
    assert fates(going, "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key") == {"Delete"}


def test_every_new_file_is_told_to_snowpipe_without_a_custom_resource() -> None:
    stack = synthesize_stack(snowpipe_queue_arn=QUEUE)
    stack.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": QUEUE, "Filter": Match.absent()}]
            }
        },
    )
    assert not [kind for kind in (resource["Type"] for resource in stack.resources.values()) if "Custom" in kind]
    stack.template.resource_count_is("AWS::Lambda::Function", len(FUNCTIONS))


def test_nobody_is_told_before_there_is_a_pipe(stack: Synthesized) -> None:
    stack.template.has_resource_properties("AWS::S3::Bucket", {"NotificationConfiguration": Match.absent()})
