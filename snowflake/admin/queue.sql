-- A pipe on an empty path, which shows the bucket's queue before the first table's pipe is made: every pipe on one
-- bucket has the same queue, the notification_channel of SHOW PIPES.
USE ROLE SYSADMIN;
CREATE TABLE IF NOT EXISTS {{ database }}."CONTROL"."QUEUE" ("NOTHING" VARCHAR) COMMENT = 'Stays empty: the target of the pipe that names the bucket''s queue';
CREATE PIPE IF NOT EXISTS {{ database }}."CONTROL"."QUEUE"
  AUTO_INGEST = TRUE
  COMMENT = 'Loads nothing: it names the bucket''s queue'
AS COPY INTO {{ database }}."CONTROL"."QUEUE" ("NOTHING")
FROM (
  SELECT $1
  FROM {{ queue_path }}
)
FILE_FORMAT = (FORMAT_NAME = {{ file_format }});
