"""Tasks, their runs and their history."""
