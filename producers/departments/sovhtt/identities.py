"""Which entries of the three lists name one site. Conservative: the same name, and near each other.

Entries without a place are never merged, nor is one that fits two sites of earlier lists.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from producers.departments.packaged import read_feed
from producers.feed import Fact, FeedContext, Finding, Flag
from producers.rules_names import plain_name

EARTH_RADIUS_M = 6_371_008.8
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Site:
    """An entry of a list as far as identity goes; `place` is that of its list among the lists."""

    fact: Fact
    place: int
    name: str
    point: Point | None

    @property
    def key(self) -> str:
        return self.fact.key


def read_identities(context: FeedContext) -> Iterator[Finding]:
    """`SitesFoundIdentical` for each entry that an entry of an earlier list names too; options: lists, within_m."""
    facts = [list(read_feed(name, context.data, take=context.take)) for name in context.options["lists"]]
    sites = [site_of(one, place) for place, found in enumerate(facts) for one in found if isinstance(one, Fact)]
    yield from find_identities(sites, float(context.options["within_m"]))


def site_of(fact: Fact, place: int) -> Site:
    """The site that a fact of a list states."""
    longitude, latitude = fact.fields.get("longitude"), fact.fields.get("latitude")
    point = None if longitude is None or latitude is None else (longitude, latitude)
    return Site(fact=fact, place=place, name=plain_name(fact.fields["nameVi"]), point=point)


def find_identities(sites: list[Site], within_m: float) -> Iterator[Finding]:
    """The merges among `sites`, which come in the order of their lists."""
    by_name: dict[str, list[Site]] = defaultdict(list)
    survivors: dict[str, str] = {}
    for site in sites:
        near = [one for one in by_name[site.name] if one.place < site.place and distance_m(one, site) <= within_m]
        by_name[site.name].append(site)
        found = {survivors.get(one.key, one.key) for one in near}
        if len(found) == 1:
            survivors[site.key] = found.pop()
            yield _identity(survivors[site.key], site, distance=distance_m(near[0], site), within_m=within_m)
        elif found:
            message = f"{site.key} could be any of {', '.join(sorted(found))}; merged with none"
            yield Flag(site.fact.origin, "nameVi", "identity-ambiguous", message)


def distance_m(one: Site, other: Site) -> float:
    """Great-circle distance (haversine); infinite where one has no place."""
    if one.point is None or other.point is None:
        return math.inf
    (west, here), (east, there) = ((math.radians(lon), math.radians(lat)) for lon, lat in (one.point, other.point))
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half))


def _identity(survivor: str, absorbed: Site, *, distance: float, within_m: float) -> Fact:
    evidence: list[dict[str, Any]] = [
        {"rule": "same-name", "score": 1.0, "distanceM": None},
        {"rule": "near", "score": round(1 - distance / within_m / 2, 3), "distanceM": round(distance, 1)},
    ]
    fields = {"survivorKey": survivor, "absorbed": [absorbed.key], "evidence": evidence}
    identity = f"{survivor}={absorbed.key}"
    return Fact("SitesFoundIdentical", survivor, fields, absorbed.fact.origin, identity=identity)
