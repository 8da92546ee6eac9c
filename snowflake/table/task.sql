-- Merges the batch that EXECUTE TASK names, else the oldest recorded one that is not in the ledger. It has no schedule.
CREATE OR REPLACE TASK {{ task }}
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL'
  {{ parameters | join(",\n  ") }}
  USER_TASK_TIMEOUT_MS = 43200000
  COMMENT = {{ comment }}
AS {{ merge }}
