-- The role the workflow logs in with, and what an operator grants it on Aurora. %(password)s is its password.
CREATE ROLE aurora_sync LOGIN PASSWORD %(password)s;
GRANT pg_monitor TO aurora_sync;

GRANT USAGE ON SCHEMA public TO aurora_sync;
ALTER DEFAULT PRIVILEGES FOR ROLE aurora_owner GRANT USAGE ON SCHEMAS TO aurora_sync;
ALTER DEFAULT PRIVILEGES FOR ROLE aurora_owner GRANT SELECT ON TABLES TO aurora_sync;
ALTER DEFAULT PRIVILEGES FOR ROLE aurora_owner GRANT SELECT ON SEQUENCES TO aurora_sync;

GRANT USAGE ON SCHEMA aws_s3, aws_commons TO aurora_sync;
GRANT EXECUTE ON FUNCTION aws_commons.create_s3_uri(text, text, text),
  aws_s3.query_export_to_s3(text, aws_commons._s3_uri_1, text, text) TO aurora_sync;

-- only here: the export functions of this server work through files, as the calling role
GRANT pg_write_server_files, pg_read_server_files TO aurora_sync;
GRANT EXECUTE ON FUNCTION pg_read_file(text, bigint, bigint, boolean) TO aurora_sync;
