"""Many rows at once, the way each database does it fastest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table

from hub.registries.bulk_postgres import PostgresBulk
from hub.registries.bulk_sqlite import SqliteBulk

Rows = Sequence[Sequence[Any]]
Wanted = Sequence[tuple[str, str, int]]


class Bulk(Protocol):
    """What a projection asks of a database. Statements mark parameters by `?`, a list of values by `= ANY(?)`."""

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Insert `rows`, each with every column of `table` in order."""
        ...

    def close_versions(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Set `recorded_to` of versions: rows of key, claimant, valid_from and the entry number."""
        ...

    def select(self, connection: Connection, statement: str, parameters: Iterable[Any]) -> list[Any]:
        """The rows of a statement; a parameter that is a list stands for `= ANY(?)`."""
        ...

    def select_wanted(self, connection: Connection, statement: str, wanted: Wanted) -> list[Any]:
        """The rows of a statement that reads `{wanted}`, a table `w` of key, claimant and start, for each row once."""
        ...


def bulk_of(engine: Engine) -> Bulk:
    """The bulk path of the database that `engine` opens."""
    return SqliteBulk() if engine.dialect.name == "sqlite" else PostgresBulk()
