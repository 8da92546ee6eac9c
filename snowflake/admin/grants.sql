-- SECURITYADMIN may grant on every object, which future grants require.
USE ROLE SECURITYADMIN;
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ role }};
-- The sync role owns what it makes per table. Ownership suffices for COPY_HISTORY, TASK_HISTORY, SYSTEM$PIPE_STATUS,
-- ALTER PIPE REFRESH and EXECUTE TASK, so that MONITOR and OPERATE need not be granted.
GRANT USAGE, CREATE TABLE, CREATE PIPE, CREATE TASK ON SCHEMA {{ database }}."STAGING" TO ROLE {{ role }};
GRANT USAGE, CREATE TABLE ON SCHEMA {{ database }}."FINAL" TO ROLE {{ role }};
GRANT USAGE, CREATE VIEW ON SCHEMA {{ database }}."CONTROL" TO ROLE {{ role }};
GRANT USAGE ON FILE FORMAT {{ database }}."STAGING"."AURORA_CSV" TO ROLE {{ role }};
GRANT USAGE ON STAGE {{ database }}."STAGING"."EXPORTS" TO ROLE {{ role }};
-- Maintenance deletes old records and writes those that it keeps again, in order; nothing updates one, but in
-- QUARANTINE, which lists open entries only.
GRANT SELECT, INSERT, DELETE ON TABLE {{ database }}."CONTROL"."TABLES" TO ROLE {{ role }};
GRANT SELECT, INSERT, DELETE ON TABLE {{ database }}."CONTROL"."BATCHES" TO ROLE {{ role }};
GRANT SELECT, INSERT, DELETE ON TABLE {{ database }}."CONTROL"."BATCH_FILES" TO ROLE {{ role }};
GRANT SELECT, INSERT, DELETE ON TABLE {{ database }}."CONTROL"."LEDGER" TO ROLE {{ role }};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {{ database }}."CONTROL"."QUARANTINE" TO ROLE {{ role }};
GRANT SELECT, INSERT, DELETE ON TABLE {{ database }}."CONTROL"."READINGS" TO ROLE {{ role }};
-- Analysts read FINAL, on their own warehouse.
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ reader_role }};
GRANT USAGE ON SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
GRANT SELECT ON ALL TABLES IN SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
