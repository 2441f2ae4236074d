"""The change feed, long polls, what became of an event."""

from __future__ import annotations

from typing import Any

from consumers.rebuild import rebuild
from tests.api.town import CULTURE, DAY, EPOCH, TOURISM, Town


def kinds(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(one["entry"], one["kind"], one["key"]) for one in told["changes"]]


def test_changes_come_in_order_with_their_kinds(town: Town) -> None:
    town.now = EPOCH + 9 * DAY
    town.tell(
        town.site("a", "Một"),
        town.site("b", "Hai"),
        town.renamed("a", "Mốt", valid_from=EPOCH + DAY),
        town.site("b", "Hải", correction="corrected", corrects="event-2"),
    )
    town.tell(town.site("z", "Người khác nói", source=TOURISM))
    town.tell(
        town.joined("a", "b", valid_from=EPOCH + 2 * DAY),
        town.ended("a", valid_from=EPOCH + 3 * DAY),
    )
    told = town.get("/changes")
    assert kinds(told) == [
        (1, "created", "a"),
        (2, "created", "b"),
        (3, "changed", "a"),
        (4, "corrected", "b"),
        (6, "changed", "a"),
        (6, "absorbed", "b"),
        (7, "deleted", "a"),
    ]
    assert told["changes"][2]["record"]["name"] == "Mốt"
    assert told["changes"][5]["successors"] == ["a"]


def test_a_retraction_is_told(town: Town) -> None:
    town.tell(town.site("a", "Một"))
    town.tell(town.site("a", "Một", correction="retracted", corrects="event-1"))
    assert kinds(town.get("/changes", since=1)) == [(2, "retracted", "a")]


def test_one_cursor_reads_everything_once_in_pages_of_one(sites: Town) -> None:
    sites.tell(sites.site("e", "Mai", valid_from=EPOCH + DAY))
    sites.now = EPOCH + 2 * DAY
    sites.apply()
    sites.tell(sites.renamed("e", "Sau"))
    seen, since = [], "0"
    for _ in range(20):
        told = sites.get("/changes", since=since, limit=1)
        seen += kinds(told)
        if told["next_since"] == since:
            break
        since = told["next_since"]
    assert seen == [
        (1, "created", "a"),
        (2, "created", "b"),
        (3, "created", "c"),
        (4, "created", "d"),
        (5, "created", "e"),
        (5, "took_effect", "e"),
        (6, "changed", "e"),
    ]


def test_the_clock_tells_what_took_effect_and_what_ceased(sites: Town) -> None:
    sites.tell(
        sites.site("e", "Từ mai", valid_from=EPOCH + DAY),
        sites.site("f", "Đến mai", valid_to=EPOCH + DAY),
        sites.ended("a", "b", valid_from=EPOCH + DAY),
    )
    position = sites.get("/changes")["next_since"]
    sites.now = EPOCH + DAY
    sites.apply()
    told = sites.get("/changes", since=position)
    assert [(one["kind"], one["key"]) for one in told["changes"]] == [
        ("ceased", "a"),
        ("took_effect", "e"),
        ("ceased", "f"),
    ]
    assert told["changes"][0]["successors"] == ["b"]
    assert told["changes"][1]["record"]["name"] == "Từ mai"


def test_a_turn_of_many_records_is_told_in_parts(town: Town) -> None:
    town.tell(*(town.site(f"k{number}", "Mai", valid_from=EPOCH + DAY) for number in range(5)))
    town.now = EPOCH + DAY
    town.apply()
    since, seen = "5", []
    for _ in range(4):
        told = town.get("/changes", since=since, limit=2)
        seen.append([one["key"] for one in told["changes"]])
        since = told["next_since"]
    assert seen == [["k0", "k1"], ["k2", "k3"], ["k4"], []]


def test_positions_in_the_feed_outlive_a_rebuild(sites: Town) -> None:
    for day in range(1, 4):
        sites.tell(sites.site(f"t{day}", "Từ ngày", valid_from=EPOCH + day * DAY))
    seen = []
    for day in range(1, 4):
        sites.now = EPOCH + day * DAY
        sites.apply()
        if day == 2:
            position = sites.get("/changes")["next_since"]
            rebuild("sites", sites.log, sites.engine, clock=lambda: sites.now + DAY // 2)
            assert sites.get("/changes")["next_since"] == position
            assert sites.get("/changes", since=position)["changes"] == []
    sites.now += DAY
    sites.apply()
    for one in sites.get("/changes")["changes"]:
        seen += [(one["turn"], one["key"], one["instant"])] if one["kind"] == "took_effect" else []
    assert [one[:2] for one in seen] == [(1, "t1"), (2, "t2"), (3, "t3")]
    told = sites.get("/changes", since=position)["changes"]
    assert [(one["turn"], one["key"]) for one in told] == [(3, "t3")]
    assert sites.get("/records/t3")["record"]["name"] == "Từ ngày"


def test_since_must_have_been_reached(sites: Town) -> None:
    assert sites.refused("/changes", since="99") == (400, "position-ahead")
    assert sites.refused("/changes", since="soon") == (400, "invalid-query")
    assert sites.refused("/changes", wait="61") == (400, "invalid-parameter")


class Waking:
    """A clock of long polls: sleeping makes time pass, and does something once."""

    def __init__(self, happens: Any = None) -> None:
        self.elapsed_s = 0.0
        self.happens = happens

    def sleep(self, seconds: float) -> None:
        self.elapsed_s += max(seconds, 0.001)
        if self.happens is not None:
            happens, self.happens = self.happens, None
            happens()


def test_a_long_poll_answers_as_soon_as_something_changes(sites: Town) -> None:
    clock = Waking(lambda: sites.tell(sites.site("e", "Năm")))
    client = sites.app(sleep=clock.sleep, monotonic=lambda: clock.elapsed_s).test_client()
    told = client.get("/api/v1/registries/sites/changes?since=4&wait=60").get_json()
    assert kinds(told) == [(5, "created", "e")]
    assert clock.elapsed_s < 1


def test_a_long_poll_ends_with_nothing(sites: Town) -> None:
    clock = Waking()
    client = sites.app(sleep=clock.sleep, monotonic=lambda: clock.elapsed_s).test_client()
    told = client.get("/api/v1/registries/sites/changes?since=4&wait=5").get_json()
    assert (told["changes"], told["next_since"], 5 <= clock.elapsed_s < 6) == ([], "4.0", True)


def test_no_more_than_the_allowed_number_wait(sites: Town) -> None:
    answers: list[Any] = []
    path = "/api/v1/registries/sites/changes?since=4&wait=5"
    clock = Waking(lambda: answers.append(app.test_client().get(path)))
    app = sites.app(sleep=clock.sleep, monotonic=lambda: clock.elapsed_s, waiters=1)
    answers.append(app.test_client().get(path))
    refused, waited = answers
    assert (refused.headers["Retry-After"], refused.get_json()["changes"]) == ("1", [])
    assert "Retry-After" not in waited.headers


def test_a_publisher_asks_what_became_of_its_event(sites: Town) -> None:
    bad = sites.site("q", "Khóa khác")
    sites.city.log.append(_with_other_key(sites, bad))
    sites.apply()

    def fate(event_id: str) -> dict[str, Any]:
        told: dict[str, Any] = sites.client.get(f"/api/v1/events/{CULTURE}/{event_id}").get_json()
        return told

    assert (fate("event-2")["state"], fate("event-2")["entry"], fate("event-2")["registry"]) == ("applied", 2, "sites")
    assert (fate(bad.id)["state"], fate(bad.id)["reason"]) == ("dead-letter", "key-mismatch")
    assert fate("never-sent")["state"] == "pending"


def _with_other_key(sites: Town, told: Any) -> list[Any]:
    (record,) = sites.city.records([told])
    return [type(record)(record.topic, b"other", record.value, record.headers)]


def test_a_source_may_be_url_encoded(sites: Town) -> None:
    answer = sites.client.get("/api/v1/events/urn%3Ahue%3AH57.15%3Aplaces/event-1")
    assert answer.get_json()["state"] == "applied"
