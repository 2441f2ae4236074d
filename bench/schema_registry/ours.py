"""The hub under load: its own registries defined, with free subjects beside them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.schema_registry.load import Target, schema, subject
from bench.schema_registry.processes import wait_until_up, with_compiled_modules
from hub.control.claims import DEFAULT_CONTEXT, Claims
from hub.control.governance import ADMINISTRATOR
from hub.control.journal import Change, Journal
from hub.schema_registry.projection import apply_all
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.standing import read_managed, read_standing
from hub.settings import read_settings
from hub.wiring import Hub, now_micros, opened_hub, seed
from ops.processes import free_ports
from schemas.stored_text import Content, stored_text

MOUNT = "/schema-registry"
_AT_ONCE = 1000
_ACTOR = "bench"


def environment(folder: Path, log: str = "") -> dict[str, str]:
    """The settings of a hub in `folder`."""
    return with_compiled_modules(os.environ) | {
        "HUB_DATA_DIR": str(folder),
        "HUB_LOG": log,
        "HUB_WORKERS": "2",
        "HUB_FREE_SUBJECT_WRITES": "anyone",
        "HUB_LOG_LEVEL": "ERROR",
    }


def fill(settings: dict[str, str], subjects: int, *, registries: bool) -> tuple[Target, Contents]:
    """Define the packaged registries where asked for, issue a key, register `subjects` subjects of one version each."""
    with opened_hub(read_settings(settings)) as hub:
        key, store = "", hub.open_control_store(_ACTOR)
        if registries:
            seed(hub)
            key = ":".join(store.issue_access_key(role=ADMINISTRATOR, organisation="BENCH", holder=_ACTOR))
        _register(hub, subjects)
        contents = read_standing(hub.engine)
        with hub.engine.connect() as connection:
            governed = read_managed(connection)
    ids = {subject: one.id for (subject, _), one in contents.versions.items()}
    free = {name: number for name, number in ids.items() if name not in governed}
    managed = [(name, ids[name]) for name in sorted(governed)]
    return Target("", MOUNT, free, managed, key), contents


def _register(hub: Hub, subjects: int) -> None:
    journal = Journal(hub.engine, hub.log, now=now_micros, acknowledged=apply_all)
    for start in range(1, subjects + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, subjects + 1))

        def decide(claims: Claims, numbers: range = numbers) -> list[Change]:
            first = claims.last_id(DEFAULT_CONTEXT) + 1
            return [_registered(number, first + place) for place, number in enumerate(numbers)]

        journal.write(decide, _ACTOR)


def _registered(number: int, schema_id: int) -> Change:
    content = Content(stored_text(json.loads(schema(number))))
    facts = {"subject": subject(number), "version": 1, "id": schema_id, "guid": content.guid, "text": content.text}
    return "SubjectVersionRegistered", facts | {"references": [], "metadata": None, "ruleSet": None}


@contextmanager
def served(settings: dict[str, str], folder: Path) -> Iterator[tuple[str, float]]:
    """The address of the web server in two processes, and the seconds until it answered."""
    (port,) = free_ports(1, chooser=random.Random())
    output = folder / "server.txt"
    with output.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "serve"],
            env=settings | {"HUB_PORT": str(port)},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}{MOUNT}/subjects/{subject(1)}/versions/latest"
        yield f"127.0.0.1:{port}", wait_until_up(url, server, output)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
