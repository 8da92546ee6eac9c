"""What is watched: metrics, dashboard, alarms."""
