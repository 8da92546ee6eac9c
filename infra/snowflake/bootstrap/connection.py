"""The operator's own way into the account: a connection of ~/.snowflake/connections.toml, whatever it logs in with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import snowflake.connector
from snowflake.connector.errors import Error

from functions.shared.snowflake.session_parameters import SESSION_PARAMETERS
from infra.snowflake.bootstrap.account import Account
from infra.snowflake.bootstrap.errors import BootstrapError, message_of

# It sees, by the roles below it, all that the statements make.
READER = "ACCOUNTADMIN"
_SESSION = {**SESSION_PARAMETERS, "QUERY_TAG": "aurora-snowflake-sync bootstrap"}


@contextmanager
def connected(name: str) -> Iterator[tuple[Account, str]]:
    """The account behind a named connection, and its identifier; raises BootstrapError where there is no way in."""
    try:
        connection = snowflake.connector.connect(
            connection_name=name,
            session_parameters=_SESSION,
            autocommit=True,
            application="aurora_snowflake_sync",
            platform_detection_timeout_seconds=0,
        )
    except Error as error:
        raise _no_way_in(name, error) from None
    with connection:
        account = Account(connection, READER)
        try:
            account.rows("SHOW ROLES LIKE 'ACCOUNTADMIN'")
        except Error as error:
            raise BootstrapError(
                f"User {connection.user} of connection {name} may not use role {READER} ({message_of(error)}), which "
                "making an integration takes: have someone run this who may."
            ) from None
        try:
            yield account, _identifier(connection)
        except Error as error:
            raise BootstrapError(f"Snowflake could not be read: {message_of(error)}; run this again.") from error


def _identifier(connection: snowflake.connector.SnowflakeConnection) -> str:
    """With region and .privatelink, which the connector cuts off its own account: others then reach the same host."""
    found = re.fullmatch(r"(.+)\.snowflakecomputing\.(com|cn)", connection.host)
    return found[1] if found else str(connection.account)


def _no_way_in(name: str, error: Error) -> BootstrapError:
    text = message_of(error)
    if "Invalid connection_name" in text:
        return BootstrapError(
            f"There is no connection {name}: name one of those of ~/.snowflake/connections.toml, or add it there "
            f"(account, user, authenticator), for example by snow connection add. {text}."
        )
    return BootstrapError(f"Connection {name} was refused: {text}; check its account, user and login.")
