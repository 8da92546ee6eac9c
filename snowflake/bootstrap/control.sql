-- Merges only insert rows, except in QUARANTINE, so that those of different tables never wait for each other. The daily
-- maintenance deletes old ones.
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."TABLES" (
  "TABLE_NAME" VARCHAR NOT NULL COMMENT 'schema.table in Aurora',
  "SCHEMA_VERSION" NUMBER(10, 0) NOT NULL,
  "SOURCE_OID" NUMBER(20, 0) NOT NULL COMMENT 'Aurora''s identity of the table',
  "RULES" VARCHAR NOT NULL COMMENT 'JSON: the columns, key and deletes that STAGING, FINAL and the pipe were made for',
  "CHANGES" VARCHAR NOT NULL COMMENT 'What changed since the version before',
  "CREATED_AT" TIMESTAMP_LTZ(6) NOT NULL
);
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."BATCHES" (
  "BATCH_ID" VARCHAR NOT NULL,
  "TABLE_NAME" VARCHAR NOT NULL,
  "EXECUTION" VARCHAR NOT NULL,
  "COMPLETE" BOOLEAN NOT NULL COMMENT 'The batch holds every row of the table: what it lacks is deleted',
  "MAX_DELETE_PERCENT" NUMBER(3, 0) NOT NULL COMMENT 'A complete batch that would delete a greater share of FINAL is refused',
  "RESET" BOOLEAN NOT NULL COMMENT 'Aurora''s transaction ids went back: versions start again from this batch',
  "REPLAY" BOOLEAN NOT NULL COMMENT 'Its rows come from quarantine, whose entries it settles',
  "HIGH" VARCHAR COMMENT 'Watermark value below which this batch''s rows may be applied',
  "WATERMARK" VARCHAR COMMENT 'JSON: what the next run starts from, where FINAL itself cannot say',
  "VERSION" NUMBER(20, 0) NOT NULL COMMENT 'Order of the exported snapshot among all snapshots of the cluster',
  "EXPORTED" NUMBER(20, 0) NOT NULL COMMENT 'Rows that Aurora wrote to the files',
  "CREATED_AT" TIMESTAMP_LTZ(6) NOT NULL
);
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."BATCH_FILES" (
  "BATCH_ID" VARCHAR NOT NULL,
  "FILE_NAME" VARCHAR NOT NULL,
  "VERSION" NUMBER(20, 0) NOT NULL,
  "SCHEMA_VERSION" NUMBER(10, 0) NOT NULL COMMENT 'The version of the schema that the file was written with'
);
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."LEDGER" (
  "BATCH_ID" VARCHAR NOT NULL,
  "TABLE_NAME" VARCHAR NOT NULL,
  "EXPORTED" NUMBER(20, 0) NOT NULL,
  "LOADED" NUMBER(20, 0) NOT NULL,
  "MERGED" NUMBER(20, 0) NOT NULL,
  "DUPLICATES" NUMBER(20, 0) NOT NULL COMMENT 'Rows that a newer version of the same key made void',
  "QUARANTINED" NUMBER(20, 0) NOT NULL COMMENT 'Rows with a value that FINAL cannot hold: applied without it, or not at all if it is in the key',
  "HELD" NUMBER(20, 0) NOT NULL COMMENT 'Rows past the fence: present, applied by a later batch',
  "DELETED" NUMBER(20, 0) NOT NULL,
  "VERSION" NUMBER(20, 0) NOT NULL,
  "WATERMARK" VARCHAR,
  "MERGED_AT" TIMESTAMP_LTZ(6) NOT NULL,
  "HIGHEST" VARCHAR COMMENT 'Highest watermark among the rows that the batch applied, in ISO 8601 or digits',
  "FINAL_ROWS" NUMBER(20, 0) COMMENT 'Rows of FINAL after the merge',
  "FINAL_VERSION" NUMBER(20, 0) COMMENT 'Highest version in FINAL after the merge'
);
-- For installations whose LEDGER is older than these columns.
ALTER TABLE {{ database }}."CONTROL"."LEDGER" ADD COLUMN IF NOT EXISTS "HIGHEST" VARCHAR;
ALTER TABLE {{ database }}."CONTROL"."LEDGER" ADD COLUMN IF NOT EXISTS "FINAL_ROWS" NUMBER(20, 0);
ALTER TABLE {{ database }}."CONTROL"."LEDGER" ADD COLUMN IF NOT EXISTS "FINAL_VERSION" NUMBER(20, 0);
-- Open entries: a replay removes a row's, the next merge of the table a file's.
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."QUARANTINE" (
  "BATCH_ID" VARCHAR NOT NULL,
  "TABLE_NAME" VARCHAR NOT NULL,
  "FILE_NAME" VARCHAR NOT NULL,
  "ROW_NUMBER" NUMBER(20, 0) NOT NULL,
  "VERSION" NUMBER(20, 0) NOT NULL,
  "REASON" VARCHAR NOT NULL COMMENT 'The columns of values that FINAL cannot hold, or why Snowpipe refused the file',
  "RAW" VARIANT COMMENT 'The texts of the row by column; NULL for a file',
  "QUARANTINED_AT" TIMESTAMP_LTZ(6) NOT NULL
);
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."READINGS" (
  "TABLE_NAME" VARCHAR NOT NULL,
  "CEILING" NUMBER(38, 0) NOT NULL COMMENT 'Highest committed value of the integer watermark at READ_AT',
  "READ_AT" VARCHAR NOT NULL COMMENT 'Aurora''s clock, ISO 8601 in UTC; usable once the fence has passed it'
);
