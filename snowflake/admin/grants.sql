-- SECURITYADMIN may grant on every object; future grants need just that.
USE ROLE SECURITYADMIN;
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ role }};
-- The sync role owns what it makes per table. Ownership is all that COPY_HISTORY, TASK_HISTORY, SYSTEM$PIPE_STATUS,
-- ALTER PIPE REFRESH and EXECUTE TASK ask for, so there is no MONITOR and no OPERATE to grant.
GRANT USAGE, CREATE TABLE, CREATE PIPE, CREATE TASK ON SCHEMA {{ database }}."STAGING" TO ROLE {{ role }};
GRANT USAGE, CREATE TABLE ON SCHEMA {{ database }}."FINAL" TO ROLE {{ role }};
GRANT USAGE, CREATE VIEW ON SCHEMA {{ database }}."CONTROL" TO ROLE {{ role }};
GRANT USAGE ON FILE FORMAT {{ database }}."STAGING"."AURORA_CSV" TO ROLE {{ role }};
GRANT USAGE ON STAGE {{ database }}."STAGING"."EXPORTS" TO ROLE {{ role }};
-- The sync cannot change what it has recorded; quarantine alone is a list of what is open, whose entries go.
GRANT SELECT, INSERT ON TABLE {{ database }}."CONTROL"."TABLES" TO ROLE {{ role }};
GRANT SELECT, INSERT ON TABLE {{ database }}."CONTROL"."BATCHES" TO ROLE {{ role }};
GRANT SELECT, INSERT ON TABLE {{ database }}."CONTROL"."BATCH_FILES" TO ROLE {{ role }};
GRANT SELECT, INSERT ON TABLE {{ database }}."CONTROL"."LEDGER" TO ROLE {{ role }};
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {{ database }}."CONTROL"."QUARANTINE" TO ROLE {{ role }};
GRANT SELECT, INSERT ON TABLE {{ database }}."CONTROL"."READINGS" TO ROLE {{ role }};
-- Analysts read FINAL, on a warehouse of their own.
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ reader_role }};
GRANT USAGE ON SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
GRANT SELECT ON ALL TABLES IN SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ database }}."FINAL" TO ROLE {{ reader_role }};
