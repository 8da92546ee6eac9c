"""The objects of a Snowflake account, read by SHOW and DESCRIBE."""

import json
from typing import Any

from snowflake.connector import DictCursor, SnowflakeConnection

from functions.shared.contract.names import literal, quote
from infra.snowflake.bootstrap.statements import Parts, parts_of

Row = dict[str, Any]

# Kinds that live in a schema; the others but SCHEMA belong to the account.
_IN_SCHEMA = {"TABLE", "FILE FORMAT", "STAGE", "PIPE"}
_PLURALS = {"NETWORK POLICY": "NETWORK POLICIES"}


class Account:
    """Reads as one role that sees everything, and executes as others. An answer is kept until the next statement."""

    def __init__(self, connection: SnowflakeConnection, reader: str) -> None:
        self._connection = connection
        self._reader = reader
        self._role = ""
        self._answers: dict[str, list[Row]] = {}

    def execute(self, statement: str, role: str) -> None:
        """Runs a statement as `role`; raises the connector's errors."""
        self._use(role)
        self._answers.clear()
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str) -> list[Row]:
        """The rows of a SHOW, DESCRIBE or SELECT, their columns in lower case."""
        if query not in self._answers:
            self._use(self._reader)
            with self._connection.cursor(DictCursor) as cursor:
                cursor.execute(query)
                found = cursor.fetchall()
            self._answers[query] = [{str(name).lower(): value for name, value in row.items()} for row in found]
        return self._answers[query]

    def find(self, kind: str, name: Parts) -> Row | None:
        """SHOW's row of an object; None where it is not there."""
        if len(name) > 1 and self.find("SCHEMA" if len(name) > 2 else "DATABASE", name[:-1]) is None:
            return None
        query = f"SHOW {_PLURALS.get(kind, f'{kind}S')}"
        if kind == "SCHEMA":
            query += f" IN DATABASE {quote(name[0])}"
        elif kind in _IN_SCHEMA:
            query += f" IN SCHEMA {dotted(name[:-1])}"
        elif kind not in _PLURALS:
            query += f" LIKE {literal(name[0])}"
        return next((row for row in self.rows(query) if row["name"] == name[-1]), None)

    def properties(self, kind: str, name: Parts) -> dict[str, str]:
        """DESCRIBE's properties of a user, integration or network policy; none where it is not there."""
        if self.find(kind, name) is None:
            return {}
        rows = self.rows(f"DESCRIBE {kind.removeprefix('STORAGE ')} {dotted(name)}")
        return {
            str(row.get("property", row.get("name"))): _text(row.get("property_value", row.get("value")))
            for row in rows
        }

    def parameter(self, kind: str, name: Parts, parameter: str) -> str:
        """A parameter of a user, warehouse or schema; empty where that is not there."""
        if self.find(kind, name) is None:
            return ""
        rows = self.rows(f"SHOW PARAMETERS LIKE {literal(parameter)} IN {kind} {dotted(name)}")
        return next((_text(row["value"]) for row in rows), "")

    def workload_roles(self, user: str) -> set[tuple[str, str]]:
        """Account and name of the AWS roles that log in as the user without a key."""
        rows = self.rows(f"SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER {quote(user)}")
        roles = [json.loads(row["additional_info"]) for row in rows if row["type"] == "AWS"]
        return {(role.get("awsAccount", ""), role.get("iamRole", "")) for role in roles}

    def tables(self, schema: Parts) -> list[str]:
        """The names of a schema's tables; none where the schema is not there."""
        if self.find("SCHEMA", schema) is None:
            return []
        return [row["name"] for row in self.rows(f"SHOW TABLES IN SCHEMA {dotted(schema)}")]

    def columns(self, table: Parts) -> list[str]:
        """The names of a table's columns."""
        return [row["name"] for row in self.rows(f"DESCRIBE TABLE {dotted(table)}")]

    def privileges(self, role: str) -> set[tuple[str, str, Parts]]:
        """Privilege, kind and name of what a role is granted; the account itself has no name."""
        if self.find("ROLE", (role,)) is None:
            return set()
        return {
            (row["privilege"], kind, () if kind == "ACCOUNT" else parts_of(row["name"]))
            for row in self.rows(f"SHOW GRANTS TO ROLE {quote(role)}")
            for kind in [_kind(row["granted_on"])]
        }

    def future_privileges(self, role: str) -> set[tuple[str, str, Parts]]:
        """Privilege, kind and schema of the objects to come that a role is granted."""
        if self.find("ROLE", (role,)) is None:
            return set()
        rows = self.rows(f"SHOW FUTURE GRANTS TO ROLE {quote(role)}")
        return {(row["privilege"], _kind(row["grant_on"]), parts_of(row["name"])[:-1]) for row in rows}

    def grantees(self, role: str) -> set[tuple[str, str]]:
        """ROLE or USER, and name, of those whom a role is granted to."""
        if self.find("ROLE", (role,)) is None:
            return set()
        return {(row["granted_to"], row["grantee_name"]) for row in self.rows(f"SHOW GRANTS OF ROLE {quote(role)}")}

    def _use(self, role: str) -> None:
        if role != self._role:
            with self._connection.cursor() as cursor:
                cursor.execute(f"USE ROLE {quote(role)}")
            self._role = role


def dotted(name: Parts) -> str:
    """The name as SQL."""
    return ".".join(quote(part) for part in name)


def _kind(text: str) -> str:
    return text.replace("_", " ")


def _text(value: Any) -> str:
    return "" if value in (None, "null") else str(value)
