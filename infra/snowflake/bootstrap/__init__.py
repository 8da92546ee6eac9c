"""Makes what a deployment needs in a Snowflake account, and tells the deployment what follows from it."""
