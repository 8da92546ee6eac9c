"""A session's temporary tables: they belong to a schema, hide a permanent table of their name, and end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import Expr, exp

from local.snowflake.language.names import Name


class TemporaryTables:
    """DuckDB keeps temporary tables in one schema, where they are found by their full names."""

    def __init__(self, resolve: Callable[[list[str]], Name]) -> None:
        self._resolve = resolve
        self._names: set[Name] = set()

    def redirect(self, statement: Expr) -> None:
        """Make the statement's tables, in place, those of the session where it has a temporary one of the name."""
        made = statement.find(exp.Table) if is_temporary(statement) else None
        if isinstance(made, exp.Table):
            self._names.add(self._resolve(_parts(made)))
        if not self._names:
            return
        for table, name in list(self._found(statement)):
            stored = exp.table_(exp.to_identifier(str(name), quoted=True), db="main", catalog="temp")
            for part in ("this", "db", "catalog"):
                table.set(part, stored.args[part])
            if isinstance(statement, exp.Drop):
                self._names.discard(name)

    def _found(self, statement: Expr) -> Iterator[tuple[exp.Table, Name]]:
        for table in statement.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and _parts(table):
                known = [name for name in self._names if list(name.parts)[-len(_parts(table)) :] == _parts(table)]
                if known and self._resolve(_parts(table)) in known:
                    yield table, self._resolve(_parts(table))


def is_temporary(statement: Expr) -> bool:
    """Whether it makes a temporary table."""
    return isinstance(statement, exp.Create) and statement.find(exp.TemporaryProperty) is not None


def _parts(table: exp.Table) -> list[str]:
    return [part.name if part.args.get("quoted") else part.name.upper() for part in table.parts]
