"""A load with everything in it: puts, patches, late events, corrections, retractions, merges, repeats, claims.

No two events of a key begin at the same instant, so the content does not hang on how partitions interleave.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from tests.workload import CULTURE, EPOCH, TOURISM, Told, changed, registered

KEYS = 150
_MINUTE = 60_000_000
_LATE_MINUTES = 500


def tell_load(seed: int) -> Iterator[Told]:
    """Events for ever; the same ones for the same seed."""
    chooser = random.Random(seed)
    last: dict[str, Told] = {}
    for number in range(10**9):
        key = f"place-{chooser.randrange(KEYS)}"
        event = _next_event(chooser, number, key, last.get(key))
        last[event.key] = event
        yield event
        if chooser.random() < 0.03:
            yield event


def _next_event(chooser: random.Random, number: int, key: str, before: Told | None) -> Told:
    minute = number - chooser.randrange(_LATE_MINUTES) if chooser.random() < 0.1 else number
    moment = EPOCH + minute * _MINUTE + number
    choice = chooser.random()
    if before is None or choice < 0.4:
        return _numbered(registered(number, key, valid_from=moment), number)
    if choice < 0.7:
        return _numbered(changed(number, key, valid_from=moment, name=f"Tên {number}"), number)
    if choice < 0.8 and before.correction == "changed" and before.source == CULTURE:
        return _numbered(_about(before, number, "corrected"), number)
    if choice < 0.85 and before.correction == "changed" and before.source == CULTURE:
        return _numbered(_about(before, number, "retracted"), number)
    if choice < 0.9:
        return _numbered(registered(number, key, valid_from=moment, source=TOURISM), number)
    return _numbered(_merge(number, key, moment, chooser), number)


def _about(before: Told, number: int, correction: str) -> Told:
    fields = dict(before.fields)
    if correction == "corrected" and "name" in fields:
        fields["name"] = f"Tên đúng {number}"
    return replace(before, id=f"event-{number}", fields=fields, correction=correction, corrects=before.id)


def _merge(number: int, key: str, moment: int, chooser: random.Random) -> Told:
    other = f"place-{chooser.randrange(KEYS)}"
    absorbed = other if other != key else f"{key}-twin"
    event_type = chooser.choice(("PlacesFoundSame", "PlacesFoundApart"))
    return Told(f"event-{number}", event_type, key, {"kept": key, "absorbed": [absorbed]}, moment)


def _numbered(event: Told, number: int) -> Told:
    """Sequences of one source have holes here: they are no gate."""
    return replace(event, sequence=number + 1)
