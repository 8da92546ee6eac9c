-- Drops the copies, too. UNDROP DATABASE restores them for as long as the account's Time Travel keeps them.
USE ROLE SYSADMIN;
DROP DATABASE IF EXISTS {{ database }};
DROP WAREHOUSE IF EXISTS {{ warehouse }};
USE ROLE ACCOUNTADMIN;
DROP RESOURCE MONITOR IF EXISTS {{ resource_monitor }};
DROP STORAGE INTEGRATION IF EXISTS {{ storage_integration }};
-- The user is dropped before its network policy: a policy in use cannot be dropped.
USE ROLE SECURITYADMIN;
DROP USER IF EXISTS {{ user }};
DROP NETWORK POLICY IF EXISTS {{ network_policy }};
DROP ROLE IF EXISTS {{ reader_role }};
DROP ROLE IF EXISTS {{ role }};
