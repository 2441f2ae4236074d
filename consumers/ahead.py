"""Works one item ahead: the next is made in a thread of its own while the caller is busy with this one."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
_END = object()
_SWITCH_S = 0.0005


@contextmanager
def _quick_switches() -> Iterator[None]:
    """Whoever waited for the database gets the interpreter back in half a millisecond, not in five."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def one_ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The items of `items`, each but the first made while the caller works on the one before.

    An error of `items` is raised where its item would have come. Close this generator to be sure that the
    thread has ended.
    """
    with _quick_switches(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as executor:
        coming = executor.submit(next, items, _END)
        while True:
            item = coming.result()
            if item is _END:
                return
            coming = executor.submit(next, items, _END)
            yield item  # type: ignore[misc]
