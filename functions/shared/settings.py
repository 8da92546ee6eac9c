"""What the deployment tells each function through its environment."""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """The environment variables of a function, by their lower-case names."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    parameter_prefix: str
    staging_bucket: str
    aws_region: str
    vault_url: str
    vault_ca_pem: str = ""
    vault_role: str
    vault_auth_mount: str = "aws"
    vault_server_id: str = ""
    vault_sts_region: str = ""
    vault_kv_mount: str = "secret"
    vault_aurora_path: str
    vault_aurora_login_path: str = ""
    vault_snowflake_path: str
    snowflake_database: str
    fence_margin_seconds: float = 5
    load_timeout_seconds: int = 1800
    load_poll_seconds: int = 10
    slice_megabytes: float = 200
    wave_slices: int = 16
    export_seconds: int = 840
    network: str = "outside of a VPC"


@cache
def settings() -> Settings:
    """The settings of this function; read once per container."""
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items()})
