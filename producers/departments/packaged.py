"""Small tables of facts packaged with the departments, for running without the folder of real data.

They have the columns of the lists they stand in for, so that the same mapping reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from producers.declarations import choose_feeds, load_departments, load_implementation
from producers.errors import DeclarationError
from producers.feed import FeedContext, FeedDeclaration, Finding, Row
from producers.mapping import map_rows
from producers.reading import Reading
from producers.source import open_source

FOLDER = Path(__file__).parent
Take = Callable[[Iterable[Row]], Iterable[Row]]


def read_packaged(context: FeedContext) -> Iterator[Finding]:
    """What the table `file` says by the declared mapping of the feed that the option `feed` names."""
    feed = find_feed(context.options["feed"])
    source: dict[str, Any] = {**feed.source, "file": context.options["file"]}
    yield from map_rows(feed, context.take(open_source(source, FOLDER)))


def choose_folder(context: FeedContext) -> FeedContext:
    """`context` with the folder of packaged tables as its data, where its option `packaged` says so."""
    return replace(context, data=FOLDER) if context.options.get("packaged") else context


def read_feed(name: str, data: Path | None, *, take: Take | None = None) -> Iterator[Finding]:
    """What the feed `name`, or the one that stands in for it where `data` lacks what it needs, says now.

    Rows pass through `take`; without it they are composed alone.
    """
    take = take or Reading().take
    feed = find_feed(name)
    others = [one for one in _feeds() if one.instead_of == name]
    for one in choose_feeds([feed, *others], data):
        if one.implementation is None:
            yield from map_rows(one, take(open_source(one.source, data)))
        else:
            yield from load_implementation(one.implementation)(FeedContext(data=data, options=one.options, take=take))


def find_feed(name: str) -> FeedDeclaration:
    """The packaged declaration of the feed `name`; raises `DeclarationError`."""
    for feed in _feeds():
        if feed.name == name:
            return feed
    raise DeclarationError("packaged feeds", f"there is no feed {name!r}")


@lru_cache(maxsize=1)
def _feeds() -> tuple[FeedDeclaration, ...]:
    return tuple(feed for department in load_departments(FOLDER) for feed in department.feeds)
