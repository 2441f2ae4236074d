"""One item ahead: the same items in the same order, errors where they belong, nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from consumers.ahead import one_ahead


def failing() -> Iterator[int]:
    yield 1
    raise ValueError("broken")


def test_items_come_in_their_order() -> None:
    assert list(one_ahead(iter(range(5)))) == [0, 1, 2, 3, 4]


def test_an_error_comes_after_the_items_before_it() -> None:
    items = one_ahead(failing())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_the_next_item_is_made_while_this_one_is_worked_on() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    ahead = one_ahead(items())
    assert next(ahead) == 1
    assert made.wait(10)
    ahead.close()


def test_closing_leaves_no_thread() -> None:
    ahead = one_ahead(iter(range(5)))
    next(ahead)
    ahead.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]
