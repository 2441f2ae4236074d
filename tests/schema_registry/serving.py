"""The whole web server in processes of its own, for tests that speak HTTP to it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.processes import free_ports

_START_S = 60


@contextmanager
def served(folder: Path, *, workers: int, database: str = "", free_writes: str = "anyone") -> Iterator[str]:
    """The address of a schema registry in `workers` processes over a fresh log in `folder`."""
    (port,) = free_ports(1, chooser=random.Random())
    settings = {
        "HUB_DATA_DIR": str(folder),
        "HUB_DATABASE": database,
        "HUB_PORT": str(port),
        "HUB_WORKERS": str(workers),
        "HUB_FREE_SUBJECT_WRITES": free_writes,
        "HUB_LOG_LEVEL": "ERROR",
    }
    with (folder / "server.txt").open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "serve"],
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/schema-registry/subjects", server, folder / "server.txt")
            yield f"http://127.0.0.1:{port}/schema-registry"
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def _wait_until_up(url: str, server: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, output.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {_START_S} s")
