"""A table or a query of a department's own database, through a SQLAlchemy URL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import TextClause, create_engine, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from producers.errors import SourceError, SourceUnavailable
from producers.feed import Origin, Row


def read_sql(url: str, *, table: str | None = None, query: str | None = None) -> Iterator[Row]:
    """The rows of a table, or of a query, in the order the database gives them; nulls are absent.

    The origin names the database without user and password. Raises `SourceUnavailable` where it does
    not answer, `SourceError` where it refuses the query.
    """
    if (table is None) == (query is None):
        raise SourceError("sql source", "needs a table or a query, and not both")
    try:
        place = make_url(url)._replace(username=None, password=None).render_as_string()
        engine = create_engine(url)
    except (ArgumentError, SQLAlchemyError, ModuleNotFoundError) as error:
        raise SourceError("sql source", "the address is no SQLAlchemy URL of a known database") from error
    name = f"{place} {table or 'query'}"
    try:
        yield from _rows(engine, _statement(engine, table, query), name)
    except OperationalError as error:
        raise SourceUnavailable(place, f"the database does not answer: {error.orig}") from error
    except SQLAlchemyError as error:
        raise SourceError(place, f"the database refuses: {error}") from error
    finally:
        engine.dispose()


def _statement(engine: Engine, table: str | None, query: str | None) -> TextClause:
    if query is not None:
        return text(query)
    quoted = ".".join(engine.dialect.identifier_preparer.quote(part) for part in str(table).split("."))
    return text(f"SELECT * FROM {quoted}")  # noqa: S608 - quoted by the dialect


def _rows(engine: Engine, statement: TextClause, name: str) -> Iterator[Row]:
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(statement)
        for number, record in enumerate(result.mappings(), start=1):
            values = {column: value for column, value in record.items() if value is not None}
            yield Row(values=values, origin=Origin(file=name, row=number))
