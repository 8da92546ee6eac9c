"""Makes what a deployment needs in a Snowflake account, and completes the deployment's settings."""
