"""The identity of the Aurora cluster: its resource id, which a restore, a clone or a blue/green switchover changes."""

from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.access.refusals import REFUSED
from functions.shared.ground.errors import AccessDenied, SourceUnavailable

_GONE = "DBClusterNotFound"


@cache
def _rds() -> Any:
    return boto3.client("rds")


def read_cluster(arn: str) -> str:
    """The resource id of the cluster of this ARN; the ARN itself stays the same where another cluster takes its name.

    Raises AccessDenied, or SourceUnavailable, also where there is no such cluster.
    """
    try:
        [found] = _rds().describe_db_clusters(DBClusterIdentifier=arn.rpartition(":")[2])["DBClusters"]
        return str(found["DbClusterResourceId"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith(REFUSED):
            raise AccessDenied(
                f"{arn}: RDS refused to tell which cluster this is: {error}; grant the role of the function config "
                "rds:DescribeDBClusters on it"
            ) from error
        if code.startswith(_GONE):
            # Transient: in a switchover the name is free for some seconds.
            raise SourceUnavailable(
                f"{arn}: there is no such cluster; if that goes on after a switchover, set the context key "
                "aurora_cluster_arn to the one in Vault's secret, and deploy"
            ) from error
        raise _unavailable(arn, error) from error
    except BotoCoreError as error:
        raise _unavailable(arn, error) from error


def _unavailable(arn: str, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(
        f"{arn}: RDS did not tell which cluster this is: {error}; if retries do not help, see AWS's health, then run "
        "again"
    )
