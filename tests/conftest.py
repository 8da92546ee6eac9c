"""Set before any of the functions' code is imported: its logger and metrics read these as they are made."""

import os

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "sync")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Sync")
os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
