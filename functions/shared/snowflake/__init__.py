"""Everything that is said to Snowflake."""
