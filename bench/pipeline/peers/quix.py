"""Starts Quix Streams beside us: installed from PyPI into a venv below build/."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from bench.pipeline.material import SCHEMA, Stock
from bench.pipeline.peers.watch import Rate, watch_rows
from bench.pipeline.servers import Servers

FOLDER = Path("build") / "peers" / "quix"
PACKAGES = ("quixstreams[postgresql]==3.28.1", "fastavro")


def install() -> Path:
    """The interpreter of the venv, made the first time."""
    python = FOLDER.absolute() / "bin" / "python"
    ready = FOLDER / ".ready"
    if not ready.exists():
        venv.create(FOLDER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        ready.touch()
    return python


def measure_quix(servers: Servers, stock: Stock) -> Rate:
    """Events a second while Quix Streams upserts `stock`."""
    url = servers.new_database("postgresql", "quix")
    schema = servers.folder.absolute() / "air.avsc"
    schema.write_text(SCHEMA, encoding="utf-8")
    program = Path(__file__).with_name("quix_sink.py")
    place = ["127.0.0.1", str(servers.postgres.port), "quix", "hub"]
    with (servers.folder / "quix.log").open("wb") as log:
        child = subprocess.Popen(
            [install(), program, servers.kafka.bootstrap, stock.topic, *place, schema], stdout=log, stderr=log
        )
        try:
            return watch_rows(url, "quix", events=stock.events)
        finally:
            child.kill()
            child.wait()
