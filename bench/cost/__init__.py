"""What a table costs per run, counted from real executions on the laptop cloud, times list prices."""
