"""Server processes: started apart from the terminal, found again by their pid file, stopped by signal."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.errors import NotReady

LOOPBACK = "127.0.0.1"


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str, log: Path | None = None) -> None:
    """Return once `condition` holds; raises `NotReady` with the end of `log` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise NotReady(f"{what} within {timeout_s:.0f} s", tail(log))
        time.sleep(0.05)


def tail(log: Path | None, size_bytes: int = 3000) -> str:
    """The end of a log file, or nothing where there is none."""
    if log is None or not log.exists():
        return ""
    return log.read_bytes()[-size_bytes:].decode(errors="replace")


def dying_with_parent(command: Sequence[str]) -> list[str]:
    """`command` such that the system kills it when the process that started it ends, however that ends."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


def answers(port: int) -> bool:
    """Whether something takes connections on this loopback port."""
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_ports(count: int, *, chooser: random.Random) -> list[int]:
    """Ports nobody listens on, below the range from which outgoing connections take theirs."""
    found: list[int] = []
    while len(found) < count:
        port = chooser.randrange(15_500, 32_000)
        if port not in found and _can_bind(port):
            found.append(port)
    return found


def _can_bind(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server known by its pid file; `mark` is a text in its command line that no other process has."""

    pid_file: Path
    log_file: Path
    mark: str

    def start(self, command: Sequence[str]) -> None:
        """Start `command` in a session of its own; its output goes to the log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(  # noqa: S603
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(str(child.pid))

    def find_pid(self) -> int | None:
        """The server's process id while it runs."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        """Whether this process is the server: a command line is empty for an instant while a program is loaded."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return state not in "ZX" and (not command or self.mark.encode() in command)

    def is_running(self) -> bool:
        return self.find_pid() is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        pid = self.find_pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, timeout_s: float = 30.0) -> None:
        """Stop it by signal and wait for its end; after `timeout_s` it is killed."""
        self.send(number)
        if not self._ended(timeout_s):
            self.send(signal.SIGKILL)
            self._ended(10.0)
        self.pid_file.unlink(missing_ok=True)

    def _ended(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        self._collect()
        return True

    def _collect(self) -> None:
        """Take the ended process off the table where it is our own child (else the system does)."""
        with contextlib.suppress(ChildProcessError, OSError, ValueError):
            os.waitpid(int(self.pid_file.read_text()), os.WNOHANG)
