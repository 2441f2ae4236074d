"""The list of places to eat: one row for each dish of each place, nearly all of them twice.

The declared mapping reads each row; here the rows of one place become one record. The dish stands in
the column of descriptions (`mota`); a long text there is a description.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from producers.departments.packaged import choose_folder
from producers.feed import Fact, FeedContext, Finding, Flag
from producers.mapping import DeclaredMapping
from producers.reading import read_rows

# What a place has once, though every row of it can say it.
_ONCE = ("longitude", "latitude", "opens", "closes", "allDay", "priceFrom", "priceTo", "priceFromNote", "priceToNote")


def read_food_places(context: FeedContext) -> Iterator[Finding]:
    """A place for each name and address, with its dishes; options: file, packaged, longest_dish, mapping."""
    rows = read_rows(choose_folder(context), context.options["file"])
    findings = DeclaredMapping(context.options["mapping"]).apply(rows)
    yield from join_places(findings, longest_dish=context.options["longest_dish"])


def join_places(findings: Iterator[Finding], *, longest_dish: int) -> Iterator[Finding]:
    """The places that the rows' facts speak of; flags and refusals pass, those of a place's repeated cells once."""
    places: dict[str, Fact] = {}
    told: set[tuple[str, str, str, str]] = set()
    pending: list[Flag] = []
    for one in findings:
        if isinstance(one, Flag):
            pending.append(one)
        elif isinstance(one, Fact):
            yield from _new_flags(pending, one.key, told)
            yield from _take(one, places, longest_dish=longest_dish)
            pending = []
        else:
            yield one
    yield from pending
    yield from places.values()


def _new_flags(flags: list[Flag], key: str, told: set[tuple[str, str, str, str]]) -> Iterator[Flag]:
    """The flags of one row of the place `key` that no earlier row of it had."""
    for one in flags:
        identity = (key, one.field, one.rule, one.message)
        if identity not in told:
            told.add(identity)
            yield one


def _take(row: Fact, places: dict[str, Fact], *, longest_dish: int) -> Iterator[Flag]:
    fields, text = dict(row.fields), row.fields["dish"]
    del fields["dish"]
    is_dish = text is not None and len(text) <= longest_dish
    fields |= {"dishes": [text] if is_dish else [], "description": None if is_dish else text}
    if fields["description"] is not None and _known(places, row.key, "description") != text:
        yield Flag(
            row.origin,
            "description",
            "text-not-a-dish",
            f"a text of {len(text)} letters is taken as a description, not as a dish",
        )
    if row.key not in places:
        places[row.key] = replace(row, fields=fields)
        return
    joined, differing = _join(dict(places[row.key].fields), fields)
    rule = "row-repeated" if joined == places[row.key].fields else "row-joined"
    yield Flag(row.origin, "dishes", rule, f"joined with row {places[row.key].origin.row}, the first of its place")
    places[row.key] = replace(places[row.key], fields=joined)
    for name in differing:
        yield Flag(
            row.origin,
            name,
            "place-told-otherwise",
            f"{fields[name]!r}, and an earlier row {joined[name]!r}, which stands",
        )


def _known(places: dict[str, Fact], key: str, name: str) -> Any:
    return places[key].fields[name] if key in places else None


def _join(known: dict[str, Any], fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`known` with what `fields` add, and the names of what they say otherwise (the earlier row stands)."""
    joined = {**known, "dishes": list(dict.fromkeys([*known["dishes"], *fields["dishes"]]))}
    told = [name for name in (*_ONCE, "description") if fields.get(name) is not None]
    joined |= {name: fields[name] for name in told if known.get(name) is None}
    return joined, [name for name in told if joined[name] != fields[name]]
