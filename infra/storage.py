"""The staging bucket: Aurora writes it, Snowpipe reads it."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

RETENTION = Duration.days(30)


class Staging(Construct):
    """A private bucket whose files expire; Snowpipe's queue hears of each new one."""

    def __init__(self, scope: Construct, construct_id: str, *, snowpipe_queue_arn: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=RETENTION, abort_incomplete_multipart_upload_after=Duration.days(1))
            ],
        )
        if snowpipe_queue_arn:
            self._notify(snowpipe_queue_arn)

    def _notify(self, queue_arn: str) -> None:
        # The queue is Snowflake's and already admits S3; the L2 would add a custom resource to edit its policy.
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[s3.CfnBucket.QueueConfigurationProperty(event="s3:ObjectCreated:*", queue=queue_arn)]
        )
