"""fakesnow's cursor with this package's translations around its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import Expr

from local.snowflake.engine.casts import try_conversions
from local.snowflake.session.rewrites import aliases_first, functions, rewrite, unenforced_constraints

if TYPE_CHECKING:
    from local.snowflake.session.session import Session


class EngineCursor(FakeSnowflakeCursor):
    def __init__(self, session: Session) -> None:
        super().__init__(session.connection, session.duck)
        self._session = session

    def check_db_and_schema(self, expression: Expr) -> None:
        """Table functions are rewritten first: they have no schema of their own to check."""
        rewrite(expression, self._session)
        super().check_db_and_schema(expression)

    def parts(self, expression: Expr) -> list[Expr]:
        """The statements that together do what this one says."""
        return self._transform_explode(unenforced_constraints(expression))

    def translate(self, expression: Expr, params: Any) -> Expr:
        """Snowflake's statement as DuckDB's, both as syntax trees."""
        rewritten = expression.transform(try_conversions, copy=False).transform(functions, copy=False)
        return self._transform(aliases_first(rewritten), params)
