"""Measurements; each prints what it measured and on how many rows."""
