"""A process that appends to a log until it is killed, and tells each acknowledged position.

`python -m tests.log.appender URL TOPIC NAME`: records `NAME-0`, `NAME-1`, … in batches of 1 to 50 by key; a line
`number partition offset` on standard output for each, written only after the append has returned.
"""

from __future__ import annotations

import itertools
import sys

from hub.log.interface import NewRecord
from hub.log.open import open_log

KEYS = 13


def main(url: str, topic: str, name: str) -> None:
    """Append for ever."""
    log, numbers = open_log(url, create=False), itertools.count()
    for size in itertools.cycle([1, 50, 7]):
        batch = list(itertools.islice(numbers, size))
        positions = log.append([NewRecord(topic, b"key-%d" % (n % KEYS), f"{name}-{n}".encode()) for n in batch])
        lines = [f"{n} {place.partition} {place.offset}\n" for n, place in zip(batch, positions, strict=True)]
        sys.stdout.write("".join(lines))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
