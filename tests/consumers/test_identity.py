"""Corrections across the incarnations of a source."""

from __future__ import annotations

from dataclasses import replace

from tests.consumers.conftest import Town
from tests.workload import CULTURE, DAY, EPOCH, Told, registered

SECOND = f"{CULTURE};2"


def correcting(number: int, key: str, target: int, *, source: str = SECOND, kind: str = "corrected") -> Told:
    event = registered(number, key, valid_from=EPOCH + DAY, source=source)
    return replace(event, correction=kind, corrects=f"event-{target}")


def targets(town: Town) -> list[int | None]:
    rows = sorted(town.rows(town.tables.entries), key=lambda row: int(row.number))
    return [row.target for row in rows]


def test_a_new_incarnation_corrects_what_the_old_one_said(town: Town) -> None:
    town.tell(registered(1, "a"))
    town.tell(correcting(2, "a", 1))
    assert (targets(town), town.reasons()) == ([None, 1], [])
    assert [(one[2], one[1] < 10) for one in town.versions("a")] == [(EPOCH, True), (EPOCH + DAY, False)]


def test_a_new_incarnation_retracts_within_the_batch(town: Town) -> None:
    town.tell(registered(1, "a"), correcting(2, "a", 1, kind="retracted"))
    assert (targets(town), town.current()) == ([None, 1], [])


def test_an_incarnation_means_its_own_event_where_both_used_the_id(town: Town) -> None:
    town.tell(registered(1, "a"), registered(1, "a", source=SECOND), correcting(3, "a", 1, source=CULTURE))
    town.tell(correcting(4, "a", 1))
    assert targets(town) == [None, None, 1, 2]


def test_an_incarnation_without_the_id_means_the_last_that_used_it(town: Town) -> None:
    town.tell(registered(1, "a"), registered(1, "a", source=SECOND))
    town.tell(correcting(2, "a", 1, source=f"{CULTURE};3"))
    assert targets(town) == [None, None, 2]


def test_another_source_may_not(town: Town) -> None:
    town.tell(registered(1, "a"))
    town.tell(correcting(2, "a", 1, source="urn:hue:H57.15:elsewhere"))
    assert town.reasons() == ["corrects-unknown"]
