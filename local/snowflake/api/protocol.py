"""Reads the connector's requests and builds the answers."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any

from fakesnow import statement_type
from fakesnow.arrow import to_ipc, to_sf
from fakesnow.converter import from_binding
from fakesnow.expr import normalise_ident
from snowflake.connector.errors import ProgrammingError
from starlette.requests import Request
from starlette.responses import JSONResponse

from local.snowflake.language.errors import not_supported
from local.snowflake.session.queries import Query

IN_PROGRESS, IN_PROGRESS_ASYNC = "333333", "333334"


async def body_of(request: Request) -> dict[str, Any]:
    """A request's JSON, compressed or not; an empty body is an empty object."""
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    parsed: dict[str, Any] = json.loads(body) if body else {}
    return parsed


def token_of(request: Request) -> str:
    """The session token of a request; empty where there is none."""
    return request.headers.get("Authorization", "").removeprefix('Snowflake Token="').removesuffix('"')


def identifier_of(request: Request, key: str) -> str | None:
    """A name among the query's parameters, in stored case."""
    value = request.query_params.get(key)
    return normalise_ident(value) if value else None


def parameters(bindings: dict[str, Any] | None) -> Any:
    """Bound values, by position or by name.

    Raises ProgrammingError for arrays of them.
    """
    if not bindings:
        return None
    if any(isinstance(binding["value"], list) for binding in bindings.values()):
        raise not_supported("array binding")
    if all(key.isdigit() for key in bindings):
        return [from_binding(bindings[str(position)]) for position in range(1, len(bindings) + 1)]
    return {name: from_binding(binding) for name, binding in bindings.items()}


def success(data: Any) -> JSONResponse:
    """The answer to a request that succeeded."""
    return JSONResponse({"data": data, "code": None, "message": None, "success": True})


def failure(code: str, message: str) -> JSONResponse:
    """The refusal of a login."""
    return JSONResponse({"data": {"nextAction": "RETRY_LOGIN"}, "code": code, "message": message, "success": False})


def login_again() -> JSONResponse:
    """The refusal of an unknown token; the connector then logs in again."""
    return JSONResponse(
        {"data": None, "code": "390104", "message": "User must login again to access the service.", "success": False},
        status_code=401,
    )


def in_progress(query: Query, code: str) -> JSONResponse:
    """The answer for a statement that still runs, with the address of its result."""
    data = {"queryId": query.id, "getResultUrl": f"/queries/{query.id}/result", "queryAbortsAfterSecs": 300}
    return JSONResponse({"data": data, "code": code, "message": "Query execution in progress.", "success": True})


def statement_error(error: ProgrammingError, query_id: str | None) -> JSONResponse:
    """The answer for a statement that failed."""
    code = f"{error.errno:06d}"
    data = {"errorCode": code, "sqlState": error.sqlstate, "queryId": query_id, "internalError": False}
    return JSONResponse({"data": data, "code": code, "message": error.msg, "success": False})


def statement_result(query: Query) -> JSONResponse:
    """A finished statement's rows: JSON for the counts of DML, Arrow for the rest."""
    result = query.future.result()
    answer: dict[str, Any] = {
        "parameters": [{"name": "TIMEZONE", "value": "UTC"}],
        "rowtype": result.rowtype,
        "queryId": query.id,
        "statementTypeId": result.type_id,
        "finalDatabaseName": query.session.database,
        "finalSchemaName": query.session.schema,
        "total": result.table.num_rows,
    }
    if result.type_id in statement_type.DML_TYPE_IDS:
        columns = [column.to_pylist() for column in result.table.columns]
        rowset = [[None if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]
        return success({**answer, "queryResultFormat": "json", "rowset": rowset})
    packed = b64encode(to_ipc(to_sf(result.table, result.rowtype))).decode()
    return success({**answer, "queryResultFormat": "arrow", "rowsetBase64": packed})
