"""What every fault test stands on: a city on some log, a database, and the question whether two runs agree."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, MetaData, inspect, select
from sqlalchemy.exc import DBAPIError

from consumers.hashes import content_hash, log_hash
from consumers.runner import ProjectionRunner
from hub.control.state import ControlState
from hub.log.interface import Log, Partition
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import builds, checkpoints, tables_of
from tests.faults.load import tell_load
from tests.workload import City, Told, found_city

DEADLINE_S = 60.0


@dataclass
class Stage:
    """One registry on one log, and the database its consumer writes."""

    log_url: str
    database_url: str
    folder: Path
    registry: str
    log: Log = field(init=False)
    city: City = field(init=False)
    engine: Engine = field(init=False)
    known: ControlState = field(init=False)
    told: Iterator[Told] = field(default_factory=lambda: tell_load(7))

    def __post_init__(self) -> None:
        self.log = open_log(self.log_url)
        self.city = found_city(self.log, self.folder, registry=self.registry)
        self.engine = open_database(self.database_url)
        self.known = self.city.state

    def close(self) -> None:
        self.log.close()
        self.engine.dispose()

    def tell(self, count: int) -> None:
        """Append the next `count` events of the load."""
        self.city.tell(itertools.islice(self.told, count))

    def catch_up(self, engine: Engine | None = None) -> None:
        """Apply what is left, undisturbed."""
        runner = ProjectionRunner(self.registry, self.log, engine or self.engine)
        runner.catch_up()
        runner.close()

    def order_offset(self) -> int:
        """How far the consumer has come in the order; 0 before it began."""
        wanted = select(checkpoints.c.order_offset).where(checkpoints.c.registry == self.registry)
        with self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def wait_for_progress(self, beyond: int) -> None:
        """Return once the consumer has come beyond this place in the order."""
        wait_until(lambda: self.order_offset() > beyond)

    def wait_for_end(self) -> None:
        """Return once every record of the registry's topics was applied."""
        wait_until(self.is_at_end)

    def is_at_end(self) -> bool:
        """Whether every record of the registry's topics was applied."""
        topics = self.known.definitions[self.registry].topics
        partitions = [Partition(topic, number) for topic in topics for number in range(self.log.partitions(topic))]
        wanted = select(checkpoints.c.positions).where(checkpoints.c.registry == self.registry)
        with self.engine.connect() as connection:
            positions = json.loads(connection.execute(wanted).scalar() or "{}")
        return all(
            positions.get(f"{place.topic}:{place.partition}", 0) == end
            for place, end in self.log.ends(partitions).items()
        )

    def drop_every_table(self) -> None:
        """Leave nothing in the registries' database."""
        found = MetaData()
        found.reflect(self.engine)
        found.drop_all(self.engine)
        assert inspect(self.engine).get_table_names() == []

    def log_hash(self, engine: Engine | None = None) -> str:
        return self._hash(log_hash, engine or self.engine)

    def content_hash(self, engine: Engine | None = None) -> str:
        return self._hash(content_hash, engine or self.engine)

    def entries(self, engine: Engine | None = None) -> int:
        """The number of entries of the live build."""
        engine = engine or self.engine
        table = tables_of(self.known.definitions[self.registry], self._live_build(engine)).entries
        with engine.connect() as connection:
            return len(connection.execute(select(table.c.number)).all())

    def _hash(self, function: Callable[..., str], engine: Engine) -> str:
        return function(engine, self.known.definitions[self.registry], self._live_build(engine))

    def _live_build(self, engine: Engine) -> int:
        wanted = select(builds.c.build).where(builds.c.registry == self.registry, builds.c.status == "live")
        with engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one())

    def undisturbed(self, name: str = "undisturbed") -> Engine:
        """A fresh database to which the same log was applied in one go."""
        engine = open_database(f"sqlite:///{self.folder / name}.sqlite")
        self.catch_up(engine)
        return engine


def wait_until(condition: Callable[[], bool], *, timeout_s: float = DEADLINE_S) -> None:
    """Return once `condition` holds; an AssertionError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not _holds(condition):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.005)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except DBAPIError:  # the tables are just being made
        return False
