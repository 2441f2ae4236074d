"""One build of a registry is live, whoever begins at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from consumers.builds import LIVE, begin_build, open_live_build
from hub.registries.database import open_database
from hub.registries.tables import builds
from tests.consumers.conftest import Town


def test_a_live_build_is_begun_once(town: Town) -> None:
    first = begin_build(town.engine, town.definition, status=LIVE, now=town.now)
    assert first is not None
    assert begin_build(town.engine, town.definition, status=LIVE, now=town.now) is None


def test_the_database_takes_one_live_build_of_a_registry(town: Town) -> None:
    begin_build(town.engine, town.definition, status=LIVE, now=town.now)
    with town.engine.connect() as connection:
        row = dict(connection.execute(select(builds)).one()._mapping) | {"build": 2}
    with pytest.raises(IntegrityError), town.engine.begin() as connection:
        connection.execute(insert(builds), [row])


def live_builds(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(select(builds.c.build).where(builds.c.status == LIVE)).scalars())


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_consumers_that_begin_together_open_the_same_build(
    town: Town, database: str, request: pytest.FixtureRequest
) -> None:
    url = str(town.engine.url) if database == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url)

    def begin(_: int) -> int:
        return open_live_build(engine, town.definition, now=town.now)[0].number

    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(begin, range(6)))
    assert [*set(opened)] == live_builds(engine)
    engine.dispose()
