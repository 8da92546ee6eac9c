"""The HTTP protocol of Snowflake's drivers."""
