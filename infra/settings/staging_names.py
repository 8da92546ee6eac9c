"""Names that Snowflake's administrator needs before the deployment: the staging bucket's, and those of two roles."""

import hashlib

from infra.settings.settings import Settings


def read_role(settings: Settings) -> str:
    """The role with which Snowflake reads the staging bucket."""
    return f"{settings.stack_name}-snowflake-read"


def login_role(settings: Settings) -> str:
    """The role by which the functions log in to Snowflake where they have no key."""
    return f"{settings.stack_name}-snowflake-login"


def read_role_arn(settings: Settings) -> str:
    """The ARN of the reading role; empty while no cluster gives the account."""
    return _arn(settings, read_role(settings))


def login_role_arn(settings: Settings) -> str:
    """The ARN of the role for logins; empty while no cluster gives the account."""
    return _arn(settings, login_role(settings))


def staging_bucket(settings: Settings) -> str:
    """The bucket's name; empty while no cluster gives account and region: then AWS chooses one.

    Names of buckets are unique in the whole world, and short: account and region are in it as a digest.
    """
    if not settings.aurora_cluster_arn:
        return ""
    place = f"{settings.stack_name}/{settings.aurora_account}/{settings.aurora_region}"
    return f"{settings.stack_name.lower()}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def _arn(settings: Settings, role: str) -> str:
    if not settings.aurora_cluster_arn:
        return ""
    partition = settings.aurora_cluster_arn.split(":")[1]
    return f"arn:{partition}:iam::{settings.aurora_account}:role/{role}"
