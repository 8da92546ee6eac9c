-- Merges the oldest batch that is complete and not yet in the ledger; suspended unless someone schedules it.
CREATE OR REPLACE TASK {{ task }}
  COMMENT = {{ comment }}
AS {{ merge }}
