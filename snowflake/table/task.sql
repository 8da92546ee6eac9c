-- Merges the oldest batch that is complete and not yet in the ledger; suspended unless someone schedules it.
CREATE OR REPLACE TASK {{ task }}
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL'
  {{ parameters | join(",\n  ") }}
  USER_TASK_TIMEOUT_MS = 43200000
  COMMENT = {{ comment }}
AS {{ merge }}
