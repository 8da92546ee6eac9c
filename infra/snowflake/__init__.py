"""The administrator's side of Snowflake: account objects, SQL files, bootstrap."""
