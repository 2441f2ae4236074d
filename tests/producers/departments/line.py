"""A whole line for tests: departments, outbox, log, database, from the packaged declarations."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from consumers.runner import ProjectionRunner
from hub.control.store import ControlStore
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.freshness import read_standing
from hub.registries.live import get_live
from hub.registries.tables import ACTIVE, tables_of
from producers.catalogue import ControlCatalogue
from producers.declarations import DepartmentDeclaration, choose_feeds, load_departments
from producers.feed import Fact, FeedContext, FeedDeclaration
from producers.outbox import Outbox
from producers.publisher import Publisher
from producers.report import PublishReport
from producers.run import publish_feed, topic_of
from schemas.packaged import PackagedDefinition, load_definitions
from schemas.times import OPEN

REGISTRIES = (
    "festivals", "food-places", "heritage-sites", "public-services", "rain-gauges", "rainfall", "site-visits",
    "ticket-prices", "tourism-operators",
)  # fmt: skip
DEPARTMENTS = ("kttv", "sodulich", "sovhtt", "ttbtdt", "vpubnd")


def packaged_definitions() -> list[PackagedDefinition]:
    return [one for one in load_definitions() if one.definition.registry in REGISTRIES]


class Line:
    """Departments, outbox, log and database in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.log = open_log(f"sqlite:///{folder}/log.sqlite")
        self.engine = open_database(f"sqlite:///{folder}/hub.sqlite")
        self.control = ControlStore(self.engine, self.log, now=lambda: 1_790_000_000_000_000)
        self.outbox = Outbox(folder / "outbox.sqlite")
        self.catalogue = ControlCatalogue(lambda: self.control.state)
        self.departments = [one for one in load_departments() if one.code in DEPARTMENTS]
        for one in self.departments:
            self.control.add_department(
                code=one.code,
                organisation=one.organisation,
                name_vi=one.name_vi,
                name_en=one.name_en,
                contact=one.contact,
            )
        for packaged in packaged_definitions():
            self.control.define_registry(packaged.text, [schema.text for schema in packaged.versions])

    def feeds(self, data: Path | None) -> list[tuple[DepartmentDeclaration, FeedDeclaration]]:
        """The feeds that can run, lists before what is told about them."""
        found = [(one, feed) for one in self.departments for feed in choose_feeds(list(one.feeds), data)]
        return sorted(found, key=lambda pair: pair[1].mode == "events")

    def publish(self, data: Path | None, *registries: str) -> dict[str, PublishReport]:
        reports = {}
        for department, feed in self.feeds(data):
            if feed.registry in registries:
                source = department.source_of(feed, "hue")
                context = FeedContext(data=data)
                reports[feed.name] = publish_feed(feed, context, self.outbox, self.catalogue, source=source)
        self.outbox.drain(self.log)
        return reports

    def tell(self, feed_name: str, fact: Fact) -> None:
        """Publish one fact under the source of a feed."""
        department, feed = next(pair for pair in self.feeds(None) if pair[1].name == feed_name)
        publisher = Publisher(self.outbox, department.source_of(feed, "hue"), topic_of(feed), self.catalogue)
        publisher.publish(fact)
        self.outbox.drain(self.log)

    def count(self, registry: str, *, claimant: str = "") -> int:
        """Records of `registry` that are active without an end, after applying everything."""
        runner = ProjectionRunner(registry, self.log, self.engine)
        runner.catch_up()
        versions = tables_of(runner.definition, 1).versions
        runner.close()
        wanted = select(func.count()).where(versions.c.claimant == claimant, versions.c.state == ACTIVE)
        with self.engine.connect() as connection:
            return int(
                connection.execute(
                    wanted.where(versions.c.recorded_to == OPEN, versions.c.valid_to == OPEN)
                ).scalar_one()
            )

    def holes(self, registry: str) -> int:
        """Events of `registry` that its sources numbered and that never came."""
        definition = self.control.state.definitions[registry]
        with self.engine.connect() as connection:
            return sum(one.holes for one in read_standing(connection, get_live(connection, definition)).sources)

    def close(self) -> None:
        self.outbox.close()
        self.engine.dispose()
        self.log.close()
