"""Statements and functions that the engine does not have; passed to sessions, because their code imports sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import Expr, exp

from local.snowflake.language.result import Result
from local.snowflake.language.table_functions import called
from local.snowflake.session.context import Context

TableFunction = Callable[[exp.TableFromRows, Context], Expr]
InformationView = Callable[[exp.Table, Context], Expr | None]
SystemFunction = Callable[..., str | None]


@dataclass(frozen=True)
class Extensions:
    """`run` runs a statement that is not the engine's and is None for one that is; `run_ddl` runs the engine's DDL.

    A table function becomes a subquery, and so does a view of INFORMATION_SCHEMA, unless it is None; a system function,
    called with the session and its arguments, becomes text.
    """

    run: Callable[[str, Context], Result | None]
    run_ddl: Callable[[Expr, Any, Context], Result]
    table_functions: Mapping[str, TableFunction]
    information_views: Mapping[str, InformationView]
    system_functions: Mapping[str, SystemFunction]

    def replace_calls(self, expression: Expr, context: Context) -> None:
        """Replace, in place, the calls of these functions."""
        for table in list(expression.find_all(exp.TableFromRows)):
            if (as_rows := self.table_functions.get(called(table))) is not None:
                table.replace(as_rows(table, context))
        for view in list(expression.find_all(exp.Table)):
            as_subquery = self.information_views.get(view.name.upper())
            if as_subquery is not None and view.db.upper() == "INFORMATION_SCHEMA":
                view.replace(as_subquery(view, context) or view)
        for call in list(expression.find_all(exp.Anonymous)):
            if (value := self.system_functions.get(call.name.upper())) is not None:
                arguments = [argument.name for argument in call.expressions]
                found = value(context, *arguments)
                call.replace(exp.null() if found is None else exp.Literal.string(found))
