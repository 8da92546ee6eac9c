"""The laptop cloud: the workflow's AWS, Aurora, Snowflake and Vault as real servers on loopback."""
