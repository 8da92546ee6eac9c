"""Customer keys whose policies name their users: administrators of the account may manage them, not use them."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

_ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:ListRetirableGrants",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]


def customer_key(
    scope: Construct,
    construct_id: str,
    *,
    description: str,
    uses: Sequence[iam.PolicyStatement],
    removal_policy: RemovalPolicy,
) -> kms.Key:
    """A key that is rotated every year and may be used in the ways of `uses` and no other."""
    administration = iam.PolicyStatement(
        actions=_ADMINISTRATION, resources=["*"], principals=[iam.AccountRootPrincipal()]
    )
    return kms.Key(
        scope,
        construct_id,
        description=description,
        enable_key_rotation=True,
        removal_policy=removal_policy,
        policy=iam.PolicyDocument(statements=[administration, *uses]),
    )


def used_by(role_arns: Sequence[str], *, actions: Sequence[str], through: str) -> iam.PolicyStatement:
    """Use by these roles of the account, through one AWS service such as `s3.eu-central-1.amazonaws.com`.

    They are named by a condition: as principals they would have to exist before the key, whose ARN their policies hold.
    """
    return iam.PolicyStatement(
        actions=list(actions),
        resources=["*"],
        principals=[iam.AccountRootPrincipal()],
        conditions={
            "ArnEquals": {"aws:PrincipalArn": list(role_arns)},
            "StringEquals": {"kms:ViaService": through},
        },
    )
