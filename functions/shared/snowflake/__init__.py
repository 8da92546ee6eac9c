"""Snowflake: its session, and every statement that it is sent."""
