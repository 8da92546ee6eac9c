"""What RDS knows of the laptop's Aurora: a cluster of a name, whose resource id is another one after a switchover."""

from local.aws.server import ACCOUNT, REGION, Aws

NAME = "shop"
ARN = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{NAME}"


def create_cluster(aws: Aws) -> None:
    """Registers a cluster; the database itself is a PostgreSQL of this machine."""
    aws.client("rds").create_db_cluster(
        DBClusterIdentifier=NAME,
        Engine="aurora-postgresql",
        MasterUsername="postgres",
        ManageMasterUserPassword=True,
    )


def replace_cluster(aws: Aws) -> None:
    """Another cluster takes the name, as after a blue/green switchover, a restore or a clone."""
    aws.client("rds").delete_db_cluster(DBClusterIdentifier=NAME, SkipFinalSnapshot=True)
    create_cluster(aws)
