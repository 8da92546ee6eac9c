"""The cost of a table per run: counts of real executions on the laptop cloud, times list prices."""
