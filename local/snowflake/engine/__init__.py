"""Snowflake's functions and types on DuckDB."""
