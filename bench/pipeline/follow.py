"""Applies one registry until it is ended: `python -m bench.pipeline.follow LOG DATABASE REGISTRY`."""

from __future__ import annotations

import signal
import sys
import threading

from consumers.runner import ProjectionRunner
from hub.log.open import open_log
from hub.registries.database import open_database


def main(log_url: str, database: str, *, registry: str) -> None:
    """Apply for ever."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ProjectionRunner(registry, open_log(log_url), open_database(database)).run(stop)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], registry=sys.argv[3])
