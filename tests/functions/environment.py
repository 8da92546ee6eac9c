"""What the deployment tells each function, for functions that run here."""

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "PARAMETER_PREFIX": "/sync",
    "STAGING_BUCKET": "staging-bucket",
    "VAULT_URL": "http://127.0.0.1:9",
    "VAULT_CA_PEM": "",
    "VAULT_ROLE": "sync",
    "VAULT_AUTH_MOUNT": "aws",
    "VAULT_SERVER_ID": "",
    "VAULT_KV_MOUNT": "secret",
    "VAULT_AURORA_PATH": "aurora",
    "VAULT_AURORA_LOGIN_PATH": "",
    "VAULT_SNOWFLAKE_PATH": "snowflake",
    "SNOWFLAKE_DATABASE": "AURORA",
    "FENCE_MARGIN_SECONDS": "5",
    "LOAD_TIMEOUT_SECONDS": "1800",
    "LOAD_POLL_SECONDS": "10",
    "SLICE_MEGABYTES": "200",
    "WAVE_SLICES": "16",
    "EXPORT_SECONDS": "840",
    "NETWORK": "outside of a VPC",
}
