-- Merges the batch that EXECUTE TASK names, else the oldest recorded one that is not in the ledger. It has no schedule.
-- Without a limit Snowflake may choose a size up to XXLARGE.
CREATE OR REPLACE TASK {{ task }}
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL'
  SERVERLESS_TASK_MAX_STATEMENT_SIZE = 'MEDIUM'
  {{ parameters | join(",\n  ") }}
  USER_TASK_TIMEOUT_MS = 43200000
  COMMENT = {{ comment }}
AS {{ merge }}
