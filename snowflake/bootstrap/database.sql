-- One database: the rows that Snowpipe loads, the copies that analysts read, and the sync's records of both.
CREATE DATABASE IF NOT EXISTS {{ database }};
-- Transient: Fail-safe would keep, and bill, each row for a week after its merge; the bucket has the files.
CREATE TRANSIENT SCHEMA IF NOT EXISTS {{ database }}."STAGING" COMMENT = 'Rows as Aurora wrote them, until their batch is merged';
ALTER SCHEMA {{ database }}."STAGING" SET DATA_RETENTION_TIME_IN_DAYS = 0;
CREATE SCHEMA IF NOT EXISTS {{ database }}."FINAL" COMMENT = 'The copies of the Aurora tables';
-- A merge rewrites every partition in which it changes a row: Time Travel keeps, and bills, all of those.
ALTER SCHEMA {{ database }}."FINAL" SET DATA_RETENTION_TIME_IN_DAYS = {{ final_retention_days }};
CREATE SCHEMA IF NOT EXISTS {{ database }}."CONTROL" COMMENT = 'Batches, ledger, quarantine';
