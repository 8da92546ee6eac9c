-- Aurora's S3 export, for a PostgreSQL that has none. @SPOOL@ is a folder shared with local.aurora.uploader.
--
-- The query is copied into a spool file; only after it succeeded is an upload requested and awaited. <id>.done, written
-- whatever happens, lets the uploader drop an upload it has not published yet and the files of this export.
CREATE SCHEMA aws_commons;
CREATE SCHEMA aws_s3;

CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);

CREATE FUNCTION aws_commons.create_s3_uri(s3_bucket text, s3_key text, aws_region text)
RETURNS aws_commons._s3_uri_1 LANGUAGE sql IMMUTABLE AS $$
  SELECT ROW(s3_bucket, s3_key, aws_region)::aws_commons._s3_uri_1
$$;

CREATE FUNCTION aws_s3.query_export_to_s3(
  query text, s3_info aws_commons._s3_uri_1, options text DEFAULT NULL, kms_key text DEFAULT NULL,
  OUT rows_uploaded bigint, OUT files_uploaded bigint, OUT bytes_uploaded bigint
) LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
DECLARE
  copy_options CONSTANT text := coalesce(nullif(btrim(options), ''), 'format text');
  copy_format CONSTANT text :=
    coalesce(lower((regexp_match(copy_options, '\mformat\s+[''"]?(\w+)', 'i'))[1]), 'text');
  quote_char CONSTANT text := coalesce((regexp_match(copy_options, '\mquote\s+E?''(.)', 'i'))[1], '"');
  spool CONSTANT text := format('@SPOOL@/%s_%s', pg_backend_pid(), replace(gen_random_uuid()::text, '-', ''));
  raw CONSTANT text := $raw$(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')$raw$;  -- one line, nothing escaped
  requested timestamptz;
  answer text;
BEGIN
  IF s3_info.bucket IS NULL OR s3_info.file_path IS NULL THEN
    RAISE EXCEPTION 'bucket and file_path of an S3 export must not be null' USING ERRCODE = '22004';
  END IF;
  BEGIN
    EXECUTE format('COPY (%s) TO %L WITH (%s)', regexp_replace(query, ';\s*$', ''), spool || '.csv', copy_options);
    GET DIAGNOSTICS rows_uploaded = ROW_COUNT;
    EXECUTE format('COPY (SELECT %L) TO %L WITH %s', jsonb_build_object(
      'bucket', s3_info.bucket, 'key', s3_info.file_path, 'format', copy_format, 'quote', quote_char, 'kms_key', kms_key
    )::text, spool || '.request', raw);
    requested := clock_timestamp();
    LOOP
      answer := pg_read_file(spool || '.answer', 0, 4000, true);
      EXIT WHEN answer IS NOT NULL;
      IF clock_timestamp() > requested + interval '10 seconds'
         AND pg_read_file(spool || '.request', 0, 1, true) IS NOT NULL THEN  -- the uploader did not take it
        answer := 'ERR Unable to connect to endpoint';
        EXIT;
      END IF;
      PERFORM pg_sleep(0.005);
    END LOOP;
  EXCEPTION WHEN query_canceled OR OTHERS THEN
    EXECUTE format('COPY (SELECT 1) TO %L', spool || '.done');
    RAISE;
  END;
  EXECUTE format('COPY (SELECT 1) TO %L', spool || '.done');
  IF answer LIKE 'ERR %' THEN
    RAISE EXCEPTION 'could not upload to Amazon S3' USING ERRCODE = '58000',
      DETAIL = format('Amazon S3 client returned ''%s''.', substr(answer, 5));
  END IF;
  files_uploaded := split_part(answer, ' ', 1)::bigint;
  bytes_uploaded := split_part(answer, ' ', 2)::bigint;
END $$;

CREATE FUNCTION aws_s3.query_export_to_s3(
  query text, bucket text, file_path text, region text DEFAULT NULL, options text DEFAULT NULL,
  kms_key text DEFAULT NULL,
  OUT rows_uploaded bigint, OUT files_uploaded bigint, OUT bytes_uploaded bigint
) LANGUAGE sql VOLATILE SECURITY INVOKER AS $$
  SELECT * FROM aws_s3.query_export_to_s3(
    query, aws_commons.create_s3_uri(bucket, file_path, region), options, kms_key
  )
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aws_s3, aws_commons FROM PUBLIC;
