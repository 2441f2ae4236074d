from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from producers.errors import SourceError, SourceUnavailable
from producers.http_source import HttpSource
from producers.outbox import Outbox
from producers.source import open_source
from producers.sql_source import read_sql

Answer = Callable[[httpx.Request], httpx.Response]
URL = "https://data.example.org/places.ndjson"


def http_source(outbox: Outbox, answer: Answer) -> HttpSource:
    def make_client() -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True, max_redirects=3)

    return HttpSource(outbox, make_client=make_client, size_limit_bytes=100)


def test_an_address_is_read_as_the_kind_its_name_tells(outbox: Outbox) -> None:
    source = http_source(outbox, lambda request: httpx.Response(200, content=b'{"a": 1}\n'))
    (row,) = open_source({"url": URL}, None, fetch=source.fetch)
    assert (dict(row.values), row.origin.file) == ({"a": 1}, URL)


def test_an_unchanged_address_is_asked_by_its_validators_and_answered_from_the_store(outbox: Outbox) -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append({name: request.headers[name] for name in request.headers if name.startswith("if-")})
        if len(asked) > 1:
            return httpx.Response(304)
        return httpx.Response(
            200, content=b"one", headers={"etag": '"v1"', "last-modified": "Tue, 01 Jul 2025 00:00:00 GMT"}
        )

    source = http_source(outbox, answer)
    assert [source.fetch(URL), source.fetch(URL)] == [b"one", b"one"]
    assert asked == [{}, {"if-none-match": '"v1"', "if-modified-since": "Tue, 01 Jul 2025 00:00:00 GMT"}]


def timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("", request=request)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (lambda request: httpx.Response(503), SourceUnavailable, "answers 503"),
        (lambda request: httpx.Response(404), SourceError, "answers 404"),
        (lambda request: httpx.Response(200, content=b"x" * 101), SourceError, "more than 100 bytes"),
        (lambda request: httpx.Response(302, headers={"location": URL}), SourceError, "redirects more than 3 times"),
        (timeout, SourceUnavailable, "does not answer"),
    ],
)
def test_an_address_that_does_not_give_its_list_is_told(
    outbox: Outbox, answer: Answer, error: type[SourceError], message: str
) -> None:
    with pytest.raises(error, match=message):
        http_source(outbox, answer).fetch(URL)


def test_a_redirect_from_https_to_http_is_refused(outbox: Outbox) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"location": "http://data.example.org/a"})
        return httpx.Response(200, content=b"x")

    with pytest.raises(SourceError, match="from https to http"):
        http_source(outbox, answer).fetch(URL)


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/register.sqlite"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE "nơi chốn" (ma INTEGER, ten TEXT)'))
        connection.execute(text("INSERT INTO \"nơi chốn\" VALUES (1, 'Hue\u0302\u0301'), (2, NULL)"))
    engine.dispose()
    return url


def test_a_table_is_read_with_text_as_it_stands_and_absent_nulls(database: str) -> None:
    rows = list(read_sql(database, table="nơi chốn"))
    assert [dict(row.values) for row in rows] == [{"ma": 1, "ten": "Hue\u0302\u0301"}, {"ma": 2}]
    assert rows[1].origin.row == 2


def test_a_query_is_read_through_a_declared_source(database: str) -> None:
    source = {"kind": "sql", "url": database, "query": 'SELECT ma + 1 AS so FROM "nơi chốn"'}
    assert [row.values["so"] for row in open_source(source, None)] == [2, 3]


def test_a_query_the_database_refuses_is_told_without_the_password() -> None:
    with pytest.raises((SourceError, SourceUnavailable)) as caught:
        list(read_sql("postgresql+psycopg://me:secret@127.0.0.1:9/x", table="t"))
    assert "secret" not in str(caught.value)
