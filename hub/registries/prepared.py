"""Statements compiled once: SQLAlchemy writes the SQL, the driver runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

_LIMIT = 4096


class Prepared:
    """One compiled statement of one dialect."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101
        self.sql = compiled.string
        self._constants = dict(compiled.params)
        self._order: Sequence[str] | None = compiled.positiontup

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, as the driver's plain tuples. Asked of the driver itself: results need no translation."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, self.arguments(parameters))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def arguments(self, parameters: Mapping[str, Any]) -> Any:
        """The parameters as the driver wants them; those of the statement stand where none is given."""
        values = {**self._constants, **parameters}
        if self._order is not None:
            return tuple(values[name] for name in self._order)
        return {name: values[name] for name in self._constants}


class PreparedCache:
    """Compiled statements by what identifies them; the oldest leave first."""

    def __init__(self) -> None:
        self._known: dict[Any, Prepared] = {}
        self._lock = Lock()

    def get(self, identity: Any, dialect: Dialect, make: Callable[[], ClauseElement]) -> Prepared:
        key = (dialect.name, identity)
        found = self._known.get(key)
        if found is None:
            found = Prepared(make(), dialect)
            with self._lock:
                while len(self._known) >= _LIMIT:
                    self._known.pop(next(iter(self._known)))
                self._known[key] = found
        return found


STATEMENTS = PreparedCache()
