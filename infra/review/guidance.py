"""Warnings about missing settings, and outputs for the next steps of the deploying engineer."""

from aws_cdk import Annotations, CfnOutput, Fn, Stack

from infra.constructs.functions import SyncFunctions
from infra.constructs.names import export_role, role_arn
from infra.constructs.network.network import Network
from infra.settings.settings import Settings
from infra.settings.staging_names import read_role
from infra.settings.vault import EXAMPLE_VAULT_URL
from infra.watch.execution_alarms import rests_too_long


class Guidance:
    """The warnings and outputs of one stack."""

    def __init__(self, stack: Stack, settings: Settings) -> None:
        self._stack = stack
        self._settings = settings

    def warn(self) -> None:
        """Warns at synthesis of what a deployment of these settings lacks."""
        settings = self._settings
        if settings.vault_url == EXAMPLE_VAULT_URL:
            self._warn(
                "vaultUrl",
                "vault_url is still the example of cdk.json: set your Vault's address there or with -c vault_url=...",
            )
        if settings.schedule_enabled and rests_too_long(settings):
            self._warn(
                "rareStarts",
                f"schedule {settings.schedule} has no alarm for a start that did not come: its starts are more than "
                "three and a half days apart, or on days of the month.",
            )
        if settings.network == "none":
            self._warn(
                "network",
                "network is none: the functions run outside of any VPC, and Aurora and Vault need public addresses.",
            )
        if settings.network == "new" and not (settings.aurora_security_group_id or settings.aurora_cidr):
            self._warn(
                "auroraPort",
                "Nothing in the new VPC may reach Aurora: set aurora_security_group_id, after peering the VPC with "
                "Aurora's, or aurora_cidr.",
            )
        if not settings.aurora_cluster_arn:
            self._warn(
                "auroraCluster",
                "aurora_cluster_arn is empty: there is no role with which Aurora may write to the staging bucket.",
            )
        if not settings.snowflake_iam_user_arn:
            self._warn(
                "snowflakeUser",
                "snowflake_iam_user_arn and snowflake_external_id are empty: there is no role with which Snowflake may "
                "read the staging bucket; make snowflake-bootstrap makes the storage integration and sets both.",
            )

    def output(self, name: str, value: str, description: str | None = None) -> None:
        """Adds an output."""
        CfnOutput(self._stack, name, value=value, description=description)

    def output_next_steps(self, functions: SyncFunctions, network: Network | None) -> None:
        """Adds the outputs that Aurora's, Vault's and Snowflake's administrators need."""
        settings = self._settings
        if settings.aurora_cluster_arn and not settings.aurora_export_role_arn:
            self.output(
                "AttachAuroraRole",
                f"aws rds add-role-to-db-cluster --region {settings.aurora_region} "
                f"--db-cluster-identifier {settings.aurora_cluster_name} --feature-name s3Export "
                f"--role-arn {role_arn(self._stack, export_role(settings))}",
                "Run once: CloudFormation cannot change a cluster of another stack",
            )
        self.output(
            "SnowflakeRoleArn",
            role_arn(self._stack, read_role(settings)),
            "STORAGE_AWS_ROLE_ARN of the storage integration",
        )
        self.output(
            "VaultPrincipals",
            Fn.join(",", functions.vault_role_arns),
            "bound_iam_principal_arn of the role of Vault's AWS auth method",
        )
        if network:
            self.output("FunctionsGroup", network.group_id, "The functions' security group, for endpoints to let in")
        if network and network.nat_address:
            self.output("NatAddress", network.nat_address, "Where the functions come from, for allow lists")

    def _warn(self, name: str, text: str) -> None:
        Annotations.of(self._stack).add_warning_v2(f"aurora-snowflake-sync:{name}", text)
