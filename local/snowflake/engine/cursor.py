"""fakesnow's cursor with this package's translations, and the execution of a statement by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
from fakesnow import statement_type
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.rowtype import describe_as_rowtype
from sqlglot import Expr, exp

from local.snowflake.engine import merge
from local.snowflake.engine.casts import try_conversions
from local.snowflake.engine.rewrites import aliases_first, functions, name_columns, unenforced_constraints
from local.snowflake.language.result import Result


class EngineCursor(FakeSnowflakeCursor):
    """`replace_calls` replaces, in place, the calls of table and system functions that the engine does not have."""

    def __init__(
        self,
        connection: FakeSnowflakeConnection,
        duck: duckdb.DuckDBPyConnection,
        replace_calls: Callable[[Expr], None],
    ) -> None:
        super().__init__(connection, duck)
        self._replace_calls = replace_calls

    def check_db_and_schema(self, expression: Expr) -> None:
        """Replaces table functions before the check, because they have no schema."""
        if isinstance(expression, exp.Select):
            name_columns(expression)
        self._replace_calls(expression)
        super().check_db_and_schema(expression)

    def parts(self, expression: Expr) -> list[Expr]:
        """The statements that this one is split into."""
        return self._transform_explode(unenforced_constraints(expression))

    def translate(self, expression: Expr, params: Any) -> Expr:
        """Snowflake's statement as DuckDB's, both as syntax trees."""
        rewritten = expression.transform(try_conversions, copy=False).transform(functions, copy=False)
        return self._transform(aliases_first(rewritten), params)

    def run(self, expression: Expr, params: Any) -> Result:
        """Translate and run one statement that is not a MERGE."""
        type_id = statement_type.statement_type_id(expression)
        self.check_db_and_schema(expression)
        for part in self.parts(expression):
            translated = self.translate(part, params)
            self._execute(translated, params if translated.find(exp.Placeholder) else None)
        columns = [(name, str(kind).strip('"')) for name, kind, *_ in self._duck_conn.description]
        affected = self.rowcount if type_id in statement_type.DML_TYPE_IDS else None
        rowtype = describe_as_rowtype(
            [(name, '"NULL"' if kind == "NULL" else kind, None, None, None, None) for name, kind in columns]
        )
        return Result(self._arrow_table, rowtype, affected, type_id)

    def run_merge(self, expression: exp.Merge, params: Any) -> tuple[Result, str]:
        """Translate and run a MERGE; its result, and the statement that ran."""
        self.check_db_and_schema(expression)
        translated = self.translate(merge.without_target_qualifiers(expression), params)
        return merge.run(self._duck_conn, translated), translated.sql(dialect="duckdb")
