"""Snowpipe: stages, pipes, loads and their history."""
