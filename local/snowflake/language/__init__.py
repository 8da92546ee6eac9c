"""Snowflake's SQL as text: tokens, types, errors, results."""
