-- One database: what Snowpipe loads, what analysts read, and what the sync knows about both.
CREATE DATABASE IF NOT EXISTS {{ database }};
-- Transient: Fail-safe would keep, and bill, for a week each row that the next merge takes out; the bucket has the files.
CREATE TRANSIENT SCHEMA IF NOT EXISTS {{ database }}."STAGING" COMMENT = 'Rows as Aurora wrote them, until their batch is merged';
CREATE SCHEMA IF NOT EXISTS {{ database }}."FINAL" COMMENT = 'The copies of the Aurora tables';
CREATE SCHEMA IF NOT EXISTS {{ database }}."CONTROL" COMMENT = 'Batches, ledger, quarantine';
