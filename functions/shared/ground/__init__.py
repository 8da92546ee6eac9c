"""What every other folder uses: errors, settings, logs and metrics, templates."""
