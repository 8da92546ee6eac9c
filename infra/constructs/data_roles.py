"""The two roles that handle the data: Aurora's, which writes the staging bucket, and Snowflake's, which reads it."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.names import export_role
from infra.settings.settings import Settings
from infra.settings.staging_names import read_role


class DataRoles(Construct):
    """Each role is made once the one who may assume it is known, so that none ever trusts a placeholder."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, bucket: s3.IBucket, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._key = key
        if settings.aurora_cluster_arn and not settings.aurora_export_role_arn:
            self._aurora_role(settings)
        if settings.snowflake_iam_user_arn:
            self._snowflake_role(settings)

    def _aurora_role(self, settings: Settings) -> None:
        trusted = iam.ServicePrincipal(
            "rds.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                # RDS names the green cluster of a blue/green deployment so until the switchover.
                "ArnLike": {"aws:SourceArn": [settings.aurora_cluster_arn, f"{settings.aurora_cluster_arn}-green-*"]},
            },
        )
        statements = [
            _allow_own(["s3:AbortMultipartUpload", "s3:PutObject"], self._bucket.arn_for_objects("*")),
            _allow(["kms:Decrypt", "kms:GenerateDataKey"], self._key.key_arn),
        ]
        self._role("AuroraExport", export_role(settings), trusted, statements)

    def _snowflake_role(self, settings: Settings) -> None:
        trusted = iam.ArnPrincipal(settings.snowflake_iam_user_arn).with_conditions(
            {"StringEquals": {"sts:ExternalId": settings.snowflake_external_id}}
        )
        statements = [
            _allow_own(["s3:GetObject", "s3:GetObjectVersion"], self._bucket.arn_for_objects("*")),
            _allow_own(["s3:GetBucketLocation", "s3:ListBucket"], self._bucket.bucket_arn),
            _allow(["kms:Decrypt"], self._key.key_arn),
        ]
        self._role("SnowflakeRead", read_role(settings), trusted, statements)

    def _role(
        self, construct_id: str, name: str, trusted: iam.IPrincipal, statements: list[iam.PolicyStatement]
    ) -> None:
        iam.Role(
            self,
            construct_id,
            role_name=name,
            assumed_by=trusted,
            inline_policies={"least-privilege": iam.PolicyDocument(statements=statements)},
        )


def _allow(actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=[resource])


def _allow_own(actions: list[str], resource: str) -> iam.PolicyStatement:
    """In this account only: once the bucket is deleted, its name is free for another account's bucket."""
    own = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
    return iam.PolicyStatement(actions=actions, resources=[resource], conditions=own)
