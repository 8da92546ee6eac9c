"""The settings that the deployment gives each function in environment variables."""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict, Field


class FunctionSettings(BaseModel):
    """The environment variables of a function, by lower-case name. Raises ValidationError where one is missing.

    Empty are `staging_key` where nothing is exported, and Vault's paths of what a function does not connect to.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    parameter_prefix: str
    staging_bucket: str
    staging_key: str
    aws_region: str
    aurora_cluster_arn: str
    vault_url: str
    vault_ca_pem: str
    vault_role: str
    vault_auth_mount: str
    vault_server_id: str
    vault_sts_region: str
    vault_kv_mount: str
    vault_aurora_path: str
    vault_aurora_login_path: str
    vault_snowflake_path: str
    snowflake_database: str
    fence_margin_seconds: float = Field(ge=0)
    load_timeout_seconds: int
    load_poll_seconds: int
    load_first_look_seconds: int
    slice_megabytes: float
    wave_slices: int
    statement_seconds: int
    statement_timeout_seconds: int
    lock_timeout_seconds: int
    final_transient: bool
    powertools_service_name: str
    network: str


@cache
def settings() -> FunctionSettings:
    """The settings of this function; read once per container."""
    return FunctionSettings.model_validate({name.lower(): value for name, value in os.environ.items()})
