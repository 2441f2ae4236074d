"""Servers that are started to be measured."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_COMPILED = Path("build") / "bench-modules"
_START_S = 600
_PAUSE_S = 0.02


def with_compiled_modules(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with modules compiled once and not at every start, whatever is set here."""
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(_COMPILED.absolute())}


def wait_until_up(
    url: str, server: subprocess.Popen[bytes], output: Path, *, is_ready: Callable[[Any], bool] = bool
) -> float:
    """The seconds until `url` is answered with JSON that is ready; raises RuntimeError with what the server wrote
    where it ended."""
    began = time.monotonic()
    while time.monotonic() < began + _START_S:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                if is_ready(json.load(answer)):
                    return round(time.monotonic() - began, 2)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(_PAUSE_S)
    raise RuntimeError(f"{url} was not answered:\n{output.read_text(errors='replace')[-2000:]}")
