"""Lets processes of their own decide the events of several partitions, while this one applies them in turn.

Nothing depends on them: what they do not give, or give for another place or another control state, is read and
decided here. They are started where several partitions have much that is new, and end when it is done.
"""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import pickle
import select
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from consumers.decided import Chunk
from consumers.decoder import LENGTH, Follow, Post
from consumers.order import Range
from hub.log.interface import Log, Partition

START_EVENTS = 10_000
_FOLLOW_EVENTS = 2_000
_CHUNK_RECORDS = 500
_PATIENCE_MS = 30_000
_PIPE_BYTES = 1 << 20
_ROOT = str(Path(__file__).parents[1])
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from consumers.decoder import main; main()"
_CORES = len(os.sched_getaffinity(0))
_SEATS = threading.BoundedSemaphore(_CORES)  # of all registries of this process together
New = tuple[Partition, int, int]


class Under(NamedTuple):
    """The control state that decides, and the version of the definition that describes the tables."""

    control_offset: int
    version: int


class DecoderLost(Exception):
    """A decoder ended or says nothing; never leaves this module."""


class _Worker:
    """The decoder of one partition, seen from here."""

    def __init__(self, post: bytes) -> None:
        command = [sys.executable, "-c", _CODE, _ROOT]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101
        self._tasks, self._answers = self._process.stdin, self._process.stdout
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._answers, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self._is_ready = False
        self._number = 0
        self._next: int | None = None  # where its next chunk begins; None while it has no task
        self._under = Under(-1, -1)
        self._rest: Chunk | None = None
        self._send(post)

    def _send(self, data: bytes) -> None:
        try:
            self._tasks.write(data)
            self._tasks.flush()
        except OSError as error:
            raise DecoderLost from error

    def is_ready(self) -> bool:
        if not self._is_ready and self._poll.poll(0):
            self._receive()
            self._is_ready = True
        return self._is_ready

    def take(self, one: New, under: Under, chunk_records: int) -> Chunk | None:
        """The chunk that begins at the start of `one`; None where this decoder is not worth asking."""
        _, start, end = one
        if self._next != start or self._under != under:
            if end - start < _FOLLOW_EVENTS or not self.is_ready():
                return None
            self._follow(Follow(self._number + 1, start, end, *under, chunk_records), under)
        chunk = self._rest or self._next_chunk()
        self._rest = None
        self._next = chunk.end if chunk.rows else None
        return chunk if chunk.rows else None

    def give_back(self, rest: Chunk) -> None:
        """What was too much of the chunk taken last comes first next time."""
        self._rest, self._next = rest, rest.start

    def _follow(self, task: Follow, under: Under) -> None:
        self._number, self._next, self._under, self._rest = task.number, task.start, under, None
        self._send(pickle.dumps(task))

    def _next_chunk(self) -> Chunk:
        while True:
            number, *told = marshal.loads(self._receive())  # noqa: S302  (from a process of ours)
            if number == self._number:
                return Chunk(*told)

    def _receive(self) -> bytearray:
        (size,) = LENGTH.unpack(self._read(LENGTH.size))
        return self._read(size)

    def _read(self, size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            if not self._poll.poll(_PATIENCE_MS):
                raise DecoderLost
            piece = os.read(self._answers.fileno(), size - len(data))
            if not piece:
                raise DecoderLost
            data += piece
        return data

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):
            self._tasks.close()
        self._answers.close()
        self._process.wait()


class SideBySide:
    """The decoders of one registry; used by the thread that sequences."""

    def __init__(self, log: Log, registry: str, *, batch_records: int, start_events: int = START_EVENTS) -> None:
        self._log = log
        self._registry = registry
        self._chunk_records = max(1, min(_CHUNK_RECORDS, batch_records // 4))
        self._start_events = start_events
        self._ends: dict[Partition, int] = {}
        self._workers: dict[Partition, _Worker] = {}
        self._is_given_up = _CORES < 2
        self.taken = 0

    @property
    def pids(self) -> list[int]:
        """The decoders that run."""
        return [worker.pid for worker in self._workers.values()]

    def is_ready(self) -> bool:
        """Whether there are decoders, and all of them can be asked."""
        return bool(self._workers) and all(worker.is_ready() for worker in self._workers.values())

    def look(self, new: Sequence[New]) -> None:
        """Start decoders where they are worth it, stop them where nothing is left for them."""
        if self._is_given_up:
            return
        self._ends = {partition: end for partition, _, end in new}
        much = [partition for partition, start, end in new if end - start >= self._start_events]
        if not self._workers and len(much) > 1:
            self._start(much)
        elif self._workers and all(end - start < self._start_events // 8 for _, start, end in new):
            self.close()

    def _start(self, partitions: Iterable[Partition]) -> None:
        try:
            for partition in partitions:
                self._seat(partition, pickle.dumps(Post(self._log, self._registry, partition)))
        except (DecoderLost, OSError, TypeError, AttributeError, pickle.PicklingError):
            self._give_up()

    def _seat(self, partition: Partition, post: bytes) -> None:
        if not _SEATS.acquire(blocking=False):
            return
        try:
            self._workers[partition] = _Worker(post)
        except BaseException:
            _SEATS.release()
            raise

    def take(self, one: New, under: Under, *, limit: int) -> list[Chunk]:
        """Chunks from the start of `one` on, about `limit` records; none where this process is to read itself."""
        chunks: list[Chunk] = []
        place, start, end = one
        while limit > 0 and (chunk := self._chunk((place, start, end), under)) is not None:
            chunks.append(chunk)
            start, limit = chunk.end, limit - len(chunk.rows)
        return chunks

    def take_range(self, one: Range, under: Under) -> list[Chunk]:
        """Exactly the records of `one`; none where this process is to read itself."""
        place, start = Partition(one.topic, one.partition), one.start
        end = self._ends.get(place, 0)
        chunks: list[Chunk] = []
        while start < one.end:
            chunk = self._chunk((place, start, max(end, one.end)), under)
            if chunk is None:
                return []
            if chunk.end > one.end:
                chunk, rest = chunk.split(one.end)
                self._workers[place].give_back(rest)
            chunks.append(chunk)
            start = chunk.end
        return chunks

    def _chunk(self, one: New, under: Under) -> Chunk | None:
        worker = self._workers.get(one[0])
        try:
            chunk = worker.take(one, under, self._chunk_records) if worker is not None else None
            self.taken += len(chunk.rows) if chunk is not None else 0
            return chunk
        except (DecoderLost, ValueError, EOFError, OSError):
            self._give_up()
            return None

    def _give_up(self) -> None:
        self._is_given_up = True
        self.close()

    def close(self) -> None:
        """End the decoders."""
        while self._workers:
            self._workers.popitem()[1].close()
            _SEATS.release()


def open_beside(log: Log, registry: str, engine: Engine, *, batch_records: int) -> SideBySide | None:
    """Decoders for who applies to `engine`; none on SQLite, which works in this process and leaves no core idle."""
    if engine.dialect.name == "sqlite":
        return None
    return SideBySide(log, registry, batch_records=batch_records)


__all__ = ["START_EVENTS", "SideBySide", "Under", "open_beside"]
