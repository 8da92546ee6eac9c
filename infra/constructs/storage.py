"""The staging bucket: Aurora writes it, Snowpipe reads it, nobody else can."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.keys import customer_key, used_by
from infra.constructs.retention import removal_policy
from infra.settings.settings import Settings
from infra.settings.staging_names import staging_bucket

_ACCESS_LOGS_KEPT = Duration.days(90)


class Staging(Construct):
    """A private bucket, its key and its access logs; Snowpipe's queue is notified of each new file.

    `writer_arn` and `reader_arn` are the roles that may use the key, or empty until the role exists.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, writer_arn: str, reader_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        removal = removal_policy(settings)
        through = f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"
        uses = []
        if writer_arn:
            # A multipart upload is encrypted part by part with a key that S3 must read again.
            uses.append(used_by([writer_arn], actions=["kms:Decrypt", "kms:GenerateDataKey"], through=through))
        if reader_arn:
            uses.append(used_by([reader_arn], actions=["kms:Decrypt"], through=through))
        self.key = customer_key(
            self,
            "Key",
            description=f"The files that {settings.stack_name} stages between Aurora and Snowflake",
            uses=uses,
            removal_policy=removal,
        )
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # S3 delivers access logs to no bucket with a customer key.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=removal,
            lifecycle_rules=[s3.LifecycleRule(expiration=_ACCESS_LOGS_KEPT)],
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # Snowflake's administrator needs the name before the bucket exists.
            bucket_name=staging_bucket(settings) or None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # aws_s3 writes to no bucket with S3's own keys.
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=access_logs,
            removal_policy=removal,
            lifecycle_rules=[_lifecycle(settings)],
        )
        for statement in self._no_other_key():
            self.bucket.add_to_resource_policy(statement)
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        self.resource = resource
        if settings.snowpipe_queue_arn:
            self._notify(settings.snowpipe_queue_arn)

    def _no_other_key(self) -> list[iam.PolicyStatement]:
        """Denies an upload that names another key than the bucket's, or an encryption without a key: that is AWS's own.

        One that names nothing gets the bucket's key. The parts of an upload name nothing either, and S3's pages do not
        say whether the conditions then see what its beginning named, so that neither may depend on an absent header.
        """
        encryption, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
        return [
            self._deny_upload({"StringNotEquals": {key: self.key.key_arn}, "Null": {key: "false"}}),
            self._deny_upload({"Null": {encryption: "false", key: "true"}}),
        ]

    def _deny_upload(self, conditions: dict[str, dict[str, str]]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["s3:PutObject"],
            resources=[self.bucket.arn_for_objects("*")],
            principals=[iam.AnyPrincipal()],
            conditions=conditions,
        )

    def _notify(self, queue_arn: str) -> None:
        # The queue is Snowflake's and already admits S3; the L2 would add a custom resource to edit its policy.
        self.resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[s3.CfnBucket.QueueConfigurationProperty(event="s3:ObjectCreated:*", queue=queue_arn)]
        )


def _lifecycle(settings: Settings) -> s3.LifecycleRule:
    glacier = s3.Transition(
        storage_class=s3.StorageClass.GLACIER, transition_after=Duration.days(settings.staging_glacier_days)
    )
    return s3.LifecycleRule(
        expiration=Duration.days(settings.staging_retention_days),
        transitions=[glacier] if settings.staging_glacier_days else None,
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
