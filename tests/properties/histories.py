"""Random histories of the registry of places: what departments might tell, in the order they tell it.

Late events, duplicates, ids used twice, corrections of corrections, retractions of retractions, ends of
validity, merges, separations, splits, reorganisations, and claims of a source without authority.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.times import OPEN
from tests.workload import CULTURE, DAY, EPOCH, TOURISM, Told

KEYS = ("a", "b", "c", "d", "chùa-ê")
NAMES = ("Chùa Từ Đàm", "Đình Phú Xuân", "Nhà vườn", "Phủ", "Am")
_TELLING = (
    *("PlaceRegistered",) * 6,
    *("PlaceListed",) * 2,
    *("PlaceChanged",) * 5,
    *("PlaceClosed", "PlacesFoundSame", "PlacesFoundApart", "PlaceDivided", "PlacesReorganised"),
)
_DOING = (
    *("tell",) * 12,
    *("repeat", "reuse", "correct", "correct", "correct", "retract", "retract", "retract"),
    "stray",
)

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class _Storyteller:
    """Draws one event after the other; remembers what was told, so as to repeat and correct it."""

    draw: Draw
    told: list[Told] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)

    def tell_next(self) -> None:
        doing = self.pick(_DOING)
        correctable = [one for one in self.told if doing == "retract" or one.correction != "retracted"]
        if doing == "revive":
            doing, correctable = "retract", [one for one in self.told if one.correction == "retracted"]
        if doing == "tell" or not correctable:
            event = self.fresh(self.pick((CULTURE, CULTURE, CULTURE, TOURISM)), self.pick(KEYS))
        elif doing == "repeat":
            event = self.pick(self.told)
        elif doing == "reuse":
            event = self.pick(self.told)
            source = self.pick((event.source, event.source, event.source.split(";")[0] + ";2"))
            event = replace(event, happened_at=event.happened_at + 1, source=source)
        else:
            event = self.about(self.pick(correctable), doing)
        self.told.append(event)

    def about(self, target: Told, doing: str) -> Told:
        if doing == "stray":
            key, corrects = self.pick(((self.pick(KEYS), target.id), (target.key, "event-never-told")))
            return replace(self.fresh(target.source, key), correction="corrected", corrects=corrects)
        if doing == "retract":
            source = self.pick((target.source, target.source, target.source.split(";")[0] + ";2"))
            again = replace(target, id=self.new_id(), source=source, sequence=self.next_sequence(source))
            return replace(again, correction="retracted", corrects=target.id)
        same_type = self.pick((True, True, True, False))
        source = self.pick((target.source, target.source, target.source.split(";")[0] + ";2"))
        event = self.fresh(source, target.key, target.type if same_type else None)
        return replace(event, key=target.key, correction="corrected", corrects=target.id)

    def fresh(self, source: str, key: str, event_type: str | None = None) -> Told:
        event_type = event_type or self.pick(_TELLING)
        valid_from = EPOCH + DAY * self.draw(st.integers(0, 9))
        lasts = self.pick((OPEN, OPEN, OPEN, self.draw(st.integers(1, 5))))
        return Told(
            id=self.new_id(),
            type=event_type,
            key=key,
            fields=self.fields(event_type, key),
            valid_from=valid_from,
            source=source,
            valid_to=lasts if lasts == OPEN else valid_from + DAY * lasts,
            sequence=self.next_sequence(source),
            happened_at=EPOCH + len(self.told),
        )

    def fields(self, event_type: str, key: str) -> dict[str, Any]:
        others = [one for one in KEYS if one != key]
        some = self.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
        if event_type == "PlaceRegistered":
            return {"code": key} | self.body()
        if event_type == "PlaceListed":
            return {"code": key, "name": self.pick(NAMES), "seats": self.draw(st.integers(0, 9))}
        if event_type == "PlaceChanged":
            names = self.draw(st.lists(st.sampled_from(("name", "seats", "tags")), min_size=1, max_size=3, unique=True))
            news = {"name": self.pick(NAMES), "seats": self.pick((None, 7)), "tags": self.pick((None, ["mới"]))}
            return {"code": key, "changed": names} | {one: news[one] if one in names else None for one in news}
        if event_type == "PlaceClosed":
            return {"code": key, "successors": self.pick((None, some))}
        if event_type == "PlaceDivided":
            return {"code": key, "parts": some}
        if event_type == "PlacesReorganised":
            return {"act": key, "edges": self.edges()}
        return {"kept": key, "absorbed": some}

    def body(self) -> dict[str, Any]:
        return {
            "name": self.pick(NAMES),
            "kind": self.pick(("OTHER", "TEMPLE", "HOUSE")),
            "seats": self.pick((None, 0, 40)),
            "fee": self.pick((None, Decimal("55000.00"), Decimal("0.50"))),
            "opened": self.pick((None, date(1601, 6, 1))),
            "seen": self.pick((None, datetime(2025, 3, 1, 2, 3, 4, 500_000, tzinfo=UTC))),
            "tags": self.pick((None, ["Huế", "di sản"])),
            "covered": self.pick((None, True, False)),
        }

    def edges(self) -> list[dict[str, Any]]:
        pairs = st.tuples(st.sampled_from(KEYS), st.sampled_from((*KEYS, None)))
        drawn = self.draw(st.lists(pairs, min_size=1, max_size=4, unique=True))
        return [{"from": start, "to": end} for start, end in drawn]

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def new_id(self) -> str:
        return f"event-{len(self.told)}"

    def next_sequence(self, source: str) -> int:
        self.sequences[source] = self.sequences.get(source, 0) + 1
        return self.sequences[source]


@st.composite
def histories(draw: Draw, events: int = 40) -> list[list[Told]]:
    """Batches of events in the order told; between two batches the consumer catches up."""
    storyteller = _Storyteller(draw)
    for _ in range(draw(st.integers(4, events))):
        storyteller.tell_next()
    told = storyteller.told
    cuts = sorted(draw(st.lists(st.integers(0, len(told)), max_size=3)))
    return [told[start:end] for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]
