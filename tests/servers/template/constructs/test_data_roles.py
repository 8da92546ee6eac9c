"""Aurora's and Snowflake's roles: there once the one who may assume them is known, and for nobody else."""

import pytest

from tests.support.contexts import AURORA, SNOWFLAKE
from tests.support.policies import permission_rows, resource_rows, trust_rows
from tests.support.synthesis import Synthesized, synthesize_stack

EXPORT, READ = "aurora-snowflake-sync-aurora-export", "aurora-snowflake-sync-snowflake-read"


def roles(stack: Synthesized) -> set[str]:
    return {role["RoleName"] for role in stack.of_type("AWS::IAM::Role")}


def users_of_the_staging_key(stack: Synthesized) -> set[str]:
    rows = [row for row in resource_rows(stack) if row.subject == "key StagingKey" and "kms:Decrypt" in row.actions]
    return {row.conditions.split(";")[0].rpartition("/")[2] for row in rows}


def test_before_anyone_is_known_there_is_no_role_and_nobody_uses_the_key(stack: Synthesized) -> None:
    assert not roles(stack) & {EXPORT, READ}
    assert users_of_the_staging_key(stack) == set()
    assert "AttachAuroraRole" not in stack.outputs


def test_snowflakes_administrator_knows_the_roles_arn_before_the_role_is_made(stack: Synthesized) -> None:
    assert stack.outputs["SnowflakeRoleArn"] == f"arn:aws:iam::ACCOUNT:role/{READ}"


def test_each_role_comes_with_its_own_key(none: Synthesized) -> None:
    assert roles(none) >= {EXPORT, READ}
    assert users_of_the_staging_key(none) == {EXPORT, READ}
    aurora_alone = synthesize_stack(aurora_cluster_arn=AURORA)
    assert roles(aurora_alone) & {EXPORT, READ} == {EXPORT}
    assert users_of_the_staging_key(aurora_alone) == {EXPORT}


def test_a_role_that_the_cluster_has_already_takes_the_place_of_the_stacks_own() -> None:
    given = synthesize_stack(
        aurora_cluster_arn=AURORA, aurora_export_role_arn="arn:aws:iam::123456789012:role/shop-exports"
    )
    assert not roles(given) & {EXPORT, READ}
    assert users_of_the_staging_key(given) == {"shop-exports"}
    assert "AttachAuroraRole" not in given.template.to_json()["Outputs"]


@pytest.mark.parametrize(
    ("role", "whom", "conditions"),
    [
        (
            EXPORT,
            "rds.amazonaws.com",
            "ArnLike aws:SourceArn aurora_cluster_arn, aurora_cluster_arn-green-*; "
            "StringEquals aws:SourceAccount ACCOUNT",
        ),
        (READ, "snowflake_iam_user_arn", "StringEquals sts:ExternalId snowflake_external_id"),
    ],
)
def test_only_the_one_named_may_assume_the_role(none: Synthesized, role: str, whom: str, conditions: str) -> None:
    rows = [row for row in trust_rows(none) if row.subject == role]
    assert [(row.effect, row.conditions) for row in rows] == [(whom, conditions)]


def test_aurora_only_writes_and_snowflake_only_reads(none: Synthesized) -> None:
    def s3_actions(role: str) -> set[str]:
        actions = [row.actions for row in permission_rows(none) if row.subject == role]
        return {action for joined in actions for action in joined.split(", ") if action.startswith("s3:")}

    assert s3_actions(EXPORT) == {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert s3_actions(READ) == {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation"}


def test_the_command_that_attaches_auroras_role_is_an_output(none: Synthesized) -> None:
    assert none.outputs["AttachAuroraRole"] == (
        "aws rds add-role-to-db-cluster --region eu-central-1 --db-cluster-identifier shop --feature-name s3Export "
        f"--role-arn arn:aws:iam::ACCOUNT:role/{EXPORT}"
    )


def test_vault_is_told_the_roles_of_functions_and_not_snowflakes(none: Synthesized) -> None:
    principals = none.outputs["VaultPrincipals"].split(",")
    assert "arn:aws:iam::ACCOUNT:role/aurora-snowflake-sync-export" in principals
    assert {principal.rpartition("/")[2] for principal in principals} < roles(none) - {EXPORT, READ}


def test_the_sources_of_trust_are_those_of_the_context(none: Synthesized) -> None:
    written = none.template.to_json()
    assert all(text in str(written) for text in (AURORA, *SNOWFLAKE.values()))
