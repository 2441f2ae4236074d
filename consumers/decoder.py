"""A process that decides the events of one partition ahead of the one that applies them.

It is told what to do on its standard input (pickles of the process that started it), answers there on its
standard output (marshalled, each with its length), and ends as soon as its input does, however that came.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from consumers.decided import Row, Teller
from hub.control.reader import ControlReader
from hub.log.interface import Log, Partition, Record
from schemas.definition import Definition
from schemas.errors import WireError
from schemas.wire import schema_id_of

LENGTH = struct.Struct(">I")
_READ_AT_ONCE = 1000
_MAX_CHUNK_BYTES = 2_000_000
_AHEAD = 6


class Post(NamedTuple):
    """Whom a decoder works for."""

    log: Log
    registry: str
    partition: Partition


class Follow(NamedTuple):
    """Decide `start` <= offset < `end`; `number` tells the answers of this task from those of the one before."""

    number: int
    start: int
    end: int
    control_offset: int
    version: int
    chunk_records: int


class Answers:
    """Sends answers in a thread of its own, so that a few are ready when the other side comes for them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: queue.Queue[bytes] = queue.Queue(maxsize=_AHEAD)
        threading.Thread(target=self._send, daemon=True).start()

    def put(self, *message: Any) -> None:
        data = marshal.dumps(message, 2)
        self._waiting.put(LENGTH.pack(len(data)) + data)

    def _send(self) -> None:
        while True:
            data = memoryview(self._waiting.get())
            while data:
                try:
                    data = data[os.write(self._descriptor, data) :]
                except OSError:
                    os._exit(0)


class Decoder:
    """Answers tasks with chunks: number, start, end, control offset, version, bytes, rows. No rows: it is done."""

    def __init__(self, post: Post, answers: Answers) -> None:
        self._post = post
        self._answers = answers
        self._control = ControlReader(post.log)
        self._newest = ControlReader(post.log)

    def follow(self, task: Follow, tasks: queue.SimpleQueue[Follow]) -> None:
        """Send the chunks of `task`, until another one waits."""
        if task.control_offset < self._control.state.offset:
            self._control = ControlReader(self._post.log)
        state = self._control.advance_to(task.control_offset)
        definition = self._definition(task.version)
        teller, start = Teller(definition, state), task.start
        head = (task.control_offset, definition.version)
        for records in self._chunks(task):
            size = sum(len(record.value or b"") for record in records)
            rows: list[Row] = [teller.row(record) for record in records]
            end = records[-1].offset + 1
            self._answers.put(task.number, start, end, *head, size, rows)
            start = end
            if not tasks.empty():
                return
        self._answers.put(task.number, start, start, *head, 0, [])

    def _definition(self, version: int) -> Definition:
        """The newest definition, which describes the tables; read again where it is not `version`."""
        known = self._newest.state.definitions.get(self._post.registry)
        if known is None or known.version != version:
            known = self._newest.catch_up().definitions[self._post.registry]
        return known

    def _chunks(self, task: Follow) -> Iterator[list[Record]]:
        chunk: list[Record] = []
        size = 0
        for record in self._records(task):
            chunk.append(record)
            size += len(record.value or b"")
            if len(chunk) >= task.chunk_records or size >= _MAX_CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _records(self, task: Follow) -> Iterator[Record]:
        """The records of `task`, up to the first whose schema is not known."""
        schemas, start = self._control.state.schemas, task.start
        while start < task.end:
            wanted = min(_READ_AT_ONCE, task.end - start)
            found = self._post.log.read(self._post.partition, start, max_records=wanted, timeout_s=1.0)
            if not found:
                return
            for record in found:
                with contextlib.suppress(WireError):
                    if schema_id_of(record.value) not in schemas:
                        return
                yield record
            start = found[-1].offset + 1


def _listen(source: BinaryIO, tasks: queue.SimpleQueue[Follow]) -> None:
    """Hand on tasks; the end of the input is the end of this process."""
    with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            tasks.put(pickle.load(source))  # noqa: S301  (from the process that started this one)
    os._exit(0)


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = Answers(os.dup(1))
    os.dup2(2, 1)  # what is printed must not stand among the answers
    post: Post = pickle.load(sys.stdin.buffer)  # noqa: S301
    tasks: queue.SimpleQueue[Follow] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    gc.disable()
    post.log.ends([post.partition])
    decoder = Decoder(post, answers)
    answers.put()
    while True:
        decoder.follow(tasks.get(), tasks)
        gc.collect(0)
