from aws_cdk.assertions import Match

from infra.functions import FUNCTIONS
from tests.infra.synthesis import Synthesized, synthesize_stack

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
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        },
    )


def test_files_and_abandoned_uploads_expire(stack: Synthesized) -> None:
    stack.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Status": "Enabled",
                        "ExpirationInDays": 30,
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    }
                ]
            }
        },
    )


def test_requests_without_tls_are_denied(stack: Synthesized) -> None:
    stack.template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": "s3:*",
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        "Resource": Match.any_value(),
                    }
                ]
            }
        },
    )


def test_the_bucket_outlives_the_stack(stack: Synthesized) -> None:
    stack.template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"})


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
