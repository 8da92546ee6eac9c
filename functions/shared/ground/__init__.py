"""What every floor stands on: errors, settings, logs and metrics, templates."""
