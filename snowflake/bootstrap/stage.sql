-- Reads exactly what PostgreSQL's COPY CSV writes: ,, is NULL, ,"", is the empty string, a backslash is a backslash.
-- MULTI_LINE, because values hold line ends: so each file is read by one thread, and slices are kept small instead.
CREATE FILE FORMAT IF NOT EXISTS {{ database }}."STAGING"."AURORA_CSV"
  TYPE = CSV
  COMPRESSION = NONE
  RECORD_DELIMITER = '\n'
  MULTI_LINE = TRUE
  FIELD_DELIMITER = ','
  SKIP_HEADER = 0
  ESCAPE = NONE
  ESCAPE_UNENCLOSED_FIELD = NONE
  TRIM_SPACE = FALSE
  FIELD_OPTIONALLY_ENCLOSED_BY = '"'
  NULL_IF = ()
  ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE
  REPLACE_INVALID_CHARACTERS = FALSE
  EMPTY_FIELD_AS_NULL = TRUE
  ENCODING = 'UTF8';
CREATE STAGE IF NOT EXISTS {{ database }}."STAGING"."EXPORTS"
  URL = {{ bucket_url }}
  STORAGE_INTEGRATION = {{ storage_integration }}
  FILE_FORMAT = (FORMAT_NAME = {{ file_format }});
