"""`huehub schema` as a department's CI calls it, against the office's application on a real port."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from werkzeug.serving import make_server

from hub.cli import main
from tests.governance.office import Office

NOBODY = "http://127.0.0.1:9"  # the discard port, where nothing listens


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """Commands with the address of a hub, and the key of somebody of the office."""

    url: str
    folder: Path
    office: Office | None = None

    def run(self, *arguments: str, by: str | None = None, secret: str = "") -> Outcome:
        """Run `huehub schema …`."""
        secret = self.office.secrets[by] if by and self.office else secret
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        settings = {"HUB_URL": self.url, "HUB_KEY": secret, "HUB_DATA_DIR": str(self.folder / "elsewhere")}
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, inherited | settings, clear=True),
            mock.patch.object(sys, "argv", ["huehub", "schema", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = _code()
        assert "Traceback" not in err.getvalue(), err.getvalue()
        return Outcome(code, out.getvalue(), err.getvalue())

    def file(self, name: str, text: str) -> str:
        """The path of a file with this text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def _code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


@contextmanager
def opened_terminal(office: Office) -> Iterator[Terminal]:
    """A terminal before the office's application, which is served meanwhile."""
    server = make_server("127.0.0.1", 0, office.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Terminal(f"http://127.0.0.1:{server.server_port}", office.folder, office)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
