"""Whether a schema keeps to the specification where Avro's Java library asks for less.

The schema registry takes what Java takes, for its clients rely on it. The hub's own events are read by every
implementation, and so define a type once and before it is used, and have names of ASCII letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.errors import AvroInvalid
from schemas.java_reading import straightened


def check_plain(document: Any) -> None:
    """Refuses what only Java takes, with its place; raises `AvroInvalid`."""
    place = _first_difference(document, straightened(document), "")
    if place is not None:
        raise AvroInvalid(
            place or "/",
            "only Avro's Java library takes this: define each type once and before it is used, write numbers as "
            "numbers and orders in small letters",
        )
    name = next((one for one in _names(document) if not one.isascii()), None)
    if name is not None:
        raise AvroInvalid("/", f"{name!r} is no Avro name for every library: letters without marks, digits and _")


def _first_difference(given: Any, plain: Any, place: str) -> str | None:
    if isinstance(given, dict) and isinstance(plain, dict):
        pairs = [(given.get(name), plain.get(name), f"{place}/{name}") for name in {**given, **plain}]
    elif isinstance(given, list) and isinstance(plain, list) and len(given) == len(plain):
        pairs = [(*pair, f"{place}/{index}") for index, pair in enumerate(zip(given, plain, strict=True))]
    else:
        return None if given == plain and type(given) is type(plain) else place
    found = (_first_difference(one, other, at) for one, other, at in pairs)
    return next((at for at in found if at is not None), None)


def _names(document: Any) -> Iterator[str]:
    """The names of definitions and fields, and symbols, without their places."""
    if isinstance(document, list):
        for one in document:
            yield from _names(one)
    elif isinstance(document, dict):
        yield from (one for one in (document.get("name"), document.get("namespace")) if isinstance(one, str))
        yield from document.get("symbols") or ()
        for inner in ("type", "items", "values", "fields"):
            yield from _names(document.get(inner))
