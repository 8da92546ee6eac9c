-- The sync's role, and a role for readers of the copies. SYSADMIN is granted both, so that it can alter their objects.
USE ROLE USERADMIN;
CREATE ROLE IF NOT EXISTS {{ role }} COMMENT = 'Copies Aurora tables: loads, merges, keeps the ledger';
CREATE ROLE IF NOT EXISTS {{ reader_role }} COMMENT = 'Reads the copies of the Aurora tables';
GRANT ROLE {{ role }} TO ROLE SYSADMIN;
GRANT ROLE {{ reader_role }} TO ROLE SYSADMIN;
-- TYPE = SERVICE: no password, no browser. The ALTERs apply a new key or other setting when this file is run again.
CREATE USER IF NOT EXISTS {{ user }} TYPE = SERVICE COMMENT = 'The functions that copy Aurora tables';
{%- if workload_identity_arn %}
ALTER USER {{ user }} SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = {{ workload_identity_arn }});
{%- elif public_key %}
ALTER USER {{ user }} SET {{ public_key_slot }} = {{ public_key }};
{%- endif %}
ALTER USER {{ user }} SET
  DEFAULT_ROLE = {{ role }}
  DEFAULT_SECONDARY_ROLES = ()
  DEFAULT_WAREHOUSE = {{ warehouse }};
GRANT ROLE {{ role }} TO USER {{ user }};
-- A merge needs seconds; the warehouse suspends a minute after the last one.
USE ROLE SYSADMIN;
CREATE WAREHOUSE IF NOT EXISTS {{ warehouse }}
  WAREHOUSE_SIZE = XSMALL
  AUTO_SUSPEND = 60
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  COMMENT = 'Merges of Aurora tables';
GRANT USAGE ON WAREHOUSE {{ warehouse }} TO ROLE {{ role }};
-- Snowflake's access to the staging bucket, and to nothing else.
USE ROLE ACCOUNTADMIN;
CREATE STORAGE INTEGRATION IF NOT EXISTS {{ storage_integration }}
  TYPE = EXTERNAL_STAGE
  STORAGE_PROVIDER = 'S3'
  ENABLED = TRUE
  STORAGE_AWS_ROLE_ARN = {{ storage_role_arn }}
{%- if storage_external_id %}
  STORAGE_AWS_EXTERNAL_ID = {{ storage_external_id }}
{%- endif %}
  STORAGE_ALLOWED_LOCATIONS = ({{ bucket_url }})
  COMMENT = 'Reads the files that Aurora exports';
ALTER STORAGE INTEGRATION {{ storage_integration }} SET
  STORAGE_AWS_ROLE_ARN = {{ storage_role_arn }}
  STORAGE_ALLOWED_LOCATIONS = ({{ bucket_url }});
-- SYSADMIN makes the stage. The sync role uses the stage, never the integration.
GRANT USAGE ON INTEGRATION {{ storage_integration }} TO ROLE SYSADMIN;
-- The tables' tasks are serverless, and only the sync starts them.
GRANT EXECUTE TASK, EXECUTE MANAGED TASK ON ACCOUNT TO ROLE {{ role }};
{%- if allowed_cidrs %}
-- The service user can log in from these addresses only.
USE ROLE SECURITYADMIN;
CREATE NETWORK POLICY IF NOT EXISTS {{ network_policy }} ALLOWED_IP_LIST = ({{ allowed_cidrs | join(", ") }});
ALTER NETWORK POLICY {{ network_policy }} SET ALLOWED_IP_LIST = ({{ allowed_cidrs | join(", ") }});
ALTER USER {{ user }} SET NETWORK_POLICY = {{ network_policy }};
USE ROLE ACCOUNTADMIN;
{%- endif %}
-- STORAGE_AWS_IAM_USER_ARN and STORAGE_AWS_EXTERNAL_ID are what the AWS role's trust policy must name.
DESCRIBE INTEGRATION {{ storage_integration }};
