"""A department's process that publishes and drains until it is killed: `python -m … <folder> <start>`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from hub.log.open import open_log
from producers.catalogue import ControlCatalogue
from producers.feed import Fact, Origin
from producers.outbox import Outbox
from producers.publisher import Publisher
from tests.producers.places_registry import SOURCE, TOPIC, places_state


def publish_for_ever(folder: Path) -> None:
    """Publish a record after the other; each is told on standard output once it is durable."""
    state = places_state()
    outbox = Outbox(folder / "outbox.sqlite")
    log = open_log(f"sqlite:///{folder}/log.sqlite")
    publisher = Publisher(outbox, SOURCE, TOPIC, ControlCatalogue(lambda: state))
    for number in itertools.count():
        event_id = publisher.publish(Fact("PlaceListed", "1", {"code": "1", "name": str(number)}, Origin("a", number)))
        print(event_id, flush=True)
        if number % 3 == 2:
            outbox.drain(log, batch_records=2)


if __name__ == "__main__":
    publish_for_ever(Path(sys.argv[1]))
