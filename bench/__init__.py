"""Measurements; each prints its figures and the number of rows."""
