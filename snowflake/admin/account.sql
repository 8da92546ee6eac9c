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
-- A merge needs seconds; the warehouse suspends a minute after the last one. The ALTER applies another setting.
USE ROLE SYSADMIN;
CREATE WAREHOUSE IF NOT EXISTS {{ warehouse }}
  WAREHOUSE_SIZE = {{ warehouse_size }}
  GENERATION = {{ warehouse_generation }}
  AUTO_SUSPEND = 60
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  COMMENT = 'Merges of Aurora tables';
ALTER WAREHOUSE {{ warehouse }} SET
  WAREHOUSE_SIZE = {{ warehouse_size }}
  GENERATION = {{ warehouse_generation }}
  ENABLE_QUERY_ACCELERATION = FALSE
  STATEMENT_TIMEOUT_IN_SECONDS = {{ statement_timeout_seconds }}
  STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = {{ statement_queued_timeout_seconds }};
GRANT USAGE ON WAREHOUSE {{ warehouse }} TO ROLE {{ role }};
{%- if merge_warehouses %}
-- Those that tables name by their key warehouse.
USE ROLE SECURITYADMIN;
{%- for other in merge_warehouses %}
GRANT USAGE ON WAREHOUSE {{ other }} TO ROLE {{ role }};
{%- endfor %}
{%- endif %}
USE ROLE ACCOUNTADMIN;
{%- if monthly_credits %}
-- Once the month's credits are used, the warehouse finishes its statements and stays suspended.
CREATE RESOURCE MONITOR IF NOT EXISTS {{ resource_monitor }} WITH
  CREDIT_QUOTA = {{ monthly_credits }}
  FREQUENCY = MONTHLY
  START_TIMESTAMP = IMMEDIATELY
  TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;
ALTER RESOURCE MONITOR {{ resource_monitor }} SET CREDIT_QUOTA = {{ monthly_credits }};
ALTER WAREHOUSE {{ warehouse }} SET RESOURCE_MONITOR = {{ resource_monitor }};
{%- endif %}
-- Snowflake's access to the staging bucket, and to nothing else.
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
