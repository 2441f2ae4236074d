"""A hub of real processes on a free port and a folder of its own, and the commands beside it."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import httpx

from hub.cli import main
from ops.processes import free_ports

ROOT = Path(__file__).resolve().parents[2]
WELLS = ROOT / "examples" / "wells"
HUEHUB = [sys.executable, "-m", "hub.cli"]
# from the signal on, within which everything has ended (issue 3, part 9)
STOP_S = 10.0
NOWHERE = "/nonexistent/shared-data"

T = TypeVar("T")


def wait_for(look: Callable[[], T], *, timeout_s: float = 60.0, what: str) -> T:
    """What `look` returns once it is true; fails after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.1)


@dataclass
class RunningHub:
    """`huehub up` (not started yet) with the settings of its commands."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_ports(1, chooser=random.Random())[0])
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "HUB_DATA_DIR": str(self.folder / "var"),
            "HUB_PORT": str(self.port),
            "HUB_WORKERS": "1",
            "HUB_SHARED_DATA": NOWHERE,
            **self.settings,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return inherited | own

    def start(self, *options: str) -> None:
        """Start `huehub up`; its output goes to `output` in the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [*HUEHUB, "up", *options], cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def output_file(self) -> Path:
        return self.folder / "output"

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, *, timeout_s: float = 60.0) -> None:
        wait_for(lambda: self._readiness() == 200, timeout_s=timeout_s, what=f"/readyz\n{self.output[-2000:]}")

    def wait_until_published(self, *, timeout_s: float = 200.0) -> None:
        """The feeds are through, and everything they published is applied."""
        wait_for(lambda: self._alive() and "feeds are published" in self.output, timeout_s=timeout_s, what="feeds")
        wait_for(lambda: self.lag() == 0, timeout_s=timeout_s, what="applied")

    def _alive(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output[-2000:]
        return True

    def is_answering(self) -> bool:
        """Whether the web server answers, ready or not."""
        return self._readiness() != 0

    def _readiness(self) -> int:
        self._alive()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code
        except httpx.TransportError:
            return 0

    def status_of(self, path: str) -> int:
        """The HTTP status at `path`."""
        return httpx.get(self.url + path, timeout=30).status_code

    def lag(self) -> int:
        """Events not applied yet, by the metrics; projections that have not begun count as well."""
        lines = httpx.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        lags = [float(line.split()[-1]) for line in lines if line.startswith("hub_registry_lag_events{")]
        ups = [float(line.split()[-1]) for line in lines if line.startswith("hub_registry_up{")]
        return int(sum(lags)) + len(ups) - len(lags)

    def stop(self) -> int:
        """Send SIGTERM; the exit code. Fails where it takes longer than a stop may."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def end(self) -> None:
        """Whatever happened: nothing of it runs afterwards."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, *arguments: str, expect: int = 0, settings: Mapping[str, str] | None = None) -> str:
        """Run `huehub …` beside it, in this process; what it printed. Fails on another exit code or a traceback."""
        told = io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment | dict(settings or {}), clear=True),
            mock.patch.object(sys, "argv", ["huehub", *arguments]),
            redirect_stdout(told),
            redirect_stderr(told),
        ):
            code = _exit_code(main)
        assert "Traceback" not in told.getvalue(), told.getvalue()
        assert code == expect, told.getvalue()
        return told.getvalue()

    def get(self, path: str, *, status: int = 200, **parameters: Any) -> Any:
        """The JSON at `path`."""
        answer = httpx.get(self.url + path, params=parameters, timeout=90)
        assert answer.status_code == status, answer.text
        return answer.json()

    def count(self, registry: str, **conditions: Any) -> int:
        """How many records answer to the conditions."""
        found = self.get(f"/api/v1/registries/{registry}/records", limit=1, count="exact", **conditions)
        return int(found["total"])

    def entries(self) -> dict[str, int]:
        """The last entry of every registry."""
        registries = self.get("/api/v1/registries")["registries"]
        return {one["registry"]: one["entry"] for one in registries}


def _exit_code(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
