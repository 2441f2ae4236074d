"""Records by filter, sort, search and place. The sites a, b, c, d stand in tests/api/town.py."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import normalize

import pytest

from tests.api.town import DAY, EPOCH, Town


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "abcd"),
        ({"kind": "TEMPLE"}, "a"),
        ({"kind__ne": "TEMPLE"}, "bcd"),
        ({"price": "20000"}, "bd"),
        ({"price__ne": "20000"}, "ac"),
        ({"price__lt": "50000"}, "bd"),
        ({"price__lte": "50000"}, "abd"),
        ({"price__gt": "20000"}, "a"),
        ({"price__gte": "20000"}, "abd"),
        ({"price__in": "50000,1"}, "a"),
        ({"key__in": "d,b"}, "bd"),
        ({"price__isnull": "true"}, "c"),
        ({"price__isnull": "false"}, "abd"),
        ({"name__contains": "Đ"}, "ac"),
        ({"name__startswith": "Tr"}, "ab"),
        ({"name": normalize("NFD", "Đá Bạc")}, "c"),
        ({"fee__gte": "1.5", "fee__lt": "2"}, "a"),
        ({"opened": "2025-07-01"}, "c"),
        ({"seen__gte": "2025-01-01"}, "d"),
        ({"seen__lt": "2025-01-01T19:00:00+07:00"}, ""),
        ({"opens__lte": "07:30"}, "d"),
        ({"free": "true"}, "c"),
        ({"tags": "núi"}, "c"),
        ({"tags": "nú"}, ""),
        ({"tags__contains": "nú"}, "c"),
        ({"tags__ne": "núi"}, "abd"),
        ({"bbox": "107.55,16,108,17"}, "b"),
        ({"within": "POLYGON((107.4 16.45, 107.55 16.45, 107.55 16.55, 107.4 16.55, 107.4 16.45))"}, "a"),
        ({"within": "POLYGON((107 16, 108 16, 107 17, 107 16))", "kind": "HOUSE"}, ""),
        ({"kind": "HOUSE", "price": "20000"}, "b"),
    ],
)
def test_a_filter_finds(sites: Town, asked: dict[str, str], found: str) -> None:
    assert "".join(sites.keys(**asked)) == found


def test_a_polygon_may_have_a_hole(sites: Town) -> None:
    ring = [[107, 16], [108, 16], [108, 17], [107, 17], [107, 16]]
    hole = [[107.45, 16.45], [107.55, 16.45], [107.55, 16.55], [107.45, 16.55], [107.45, 16.45]]
    assert sites.keys(within=json.dumps({"type": "Polygon", "coordinates": [ring, hole]})) == ["b"]


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        (
            "name",
            ["d", "c", "b", "a"],
        ),
        ("-name", ["a", "b", "c", "d"]),
        ("price", ["b", "d", "a", "c"]),
        ("-price", ["a", "d", "b", "c"]),
        ("price,-name", ["b", "d", "a", "c"]),
        ("-price,name", ["a", "d", "b", "c"]),
        ("-key", ["d", "c", "b", "a"]),
    ],
)
def test_sorts_put_records_without_a_value_last(sites: Town, sort: str, found: list[str]) -> None:
    assert sites.keys(sort=sort) == found


@pytest.mark.parametrize(
    "sort", ["name", "-name", "price", "-price", "price,-name", "-price,name", "kind,-price", "-key"]
)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_any_size_give_the_same_order(sites: Town, sort: str, limit: int) -> None:
    seen: list[str] = []
    asked: dict[str, Any] = {"sort": sort, "limit": limit}
    for _ in range(5):
        page = sites.get("/records", **asked)
        seen += [record["key"] for record in page["records"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert seen == sites.keys(sort=sort)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("tram", ["a", "b"]),
        ("da", ["d", "c", "a"]),
        ("đà", ["a", "c", "d"]),
        ("Trạm", ["a", "b"]),
        ("tràm", ["b", "a"]),
        ("tra da", ["a"]),
        (normalize("NFD", "đá"), ["c", "d", "a"]),
        ("hue", []),
    ],
)
def test_search_ignores_marks_and_ranks_exact_ones_first(sites: Town, q: str, found: list[str]) -> None:
    assert sites.keys(q=q) == found


def test_a_search_is_paged_by_rank(sites: Town) -> None:
    first = sites.get("/records", q="da", limit=1)
    second = sites.get("/records", q="da", limit=2, cursor=first["next_cursor"])
    assert [one["key"] for one in first["records"] + second["records"]] == ["d", "c", "a"]


def test_a_restricted_field_cannot_be_read_asked_sorted_or_searched(sites: Town) -> None:
    assert "note" not in sites.get("/records")["records"][2]
    for asked in ({"note": "kín"}, {"sort": "note"}, {"fields": "note"}, {"note__contains": "k"}):
        assert sites.refused("/records", **asked)[0] == 400
    assert sites.keys(q="kin") == []


_NAMED = {
    "within": "Khu vực Đại Nội",
    "exact-leading": "Đại Nội Huế",
    "bare-within": "Cửa Dai Noi",
    "bare-leading": "Dai noi cafe",
    "other-marks": "Đài Nội thất",
    "apart": "Nội thất Đại Phát",
    "longer": "Phố Đại Nộil",
    "unrelated": "Đại Phát",
}


@pytest.mark.parametrize(
    ("q", "ranked"),
    [
        ("dai noi", ["bare-leading", "bare-within", "exact-leading", "other-marks", "apart", "longer", "within"]),
        ("đại nội", ["exact-leading", "apart", "within", "bare-leading", "other-marks", "longer", "bare-within"]),
        ("đại nộ", ["exact-leading", "bare-leading", "other-marks", "apart", "longer", "within", "bare-within"]),
        ("noi dai", ["bare-leading", "bare-within", "apart", "exact-leading", "longer", "other-marks", "within"]),
    ],
)
def test_a_search_gives_exact_marks_first_then_names_that_begin_so(town: Town, q: str, ranked: list[str]) -> None:
    town.tell(*(town.site(key, name) for key, name in _NAMED.items()))
    assert town.keys(q=q) == ranked
    paged, cursor = [], None
    while cursor is not None or not paged:
        page = town.get("/records", q=q, limit=2, **({"cursor": cursor} if cursor else {}))
        paged += [one["key"] for one in page["records"]]
        cursor = page["next_cursor"]
    assert paged == ranked


def test_raising_a_class_binds_at_once_before_any_rebuild(town: Town) -> None:
    town.define(2, note_class="open")
    town.tell(town.site("a", "Một", fields={"note": "ai cũng đọc"}))
    assert town.get("/records")["records"][0]["note"] == "ai cũng đọc"
    town.define(3, note_class="restricted")
    assert "note" not in town.get("/records")["records"][0]
    assert "note" not in town.get("/records/a/history")["versions"][0]["record"]
    assert "note" not in town.get("/records/a/provenance")["fields"]
    assert "note" not in town.get("/changes")["changes"][0]["record"]
    assert town.refused("/records", q="cung")[0] == 503


def test_a_class_raised_by_any_event_binds_all_history_at_once_and_after_the_rebuild(town: Town) -> None:
    """The event that tells the note leaves it open; a later schema of another event restricts it."""
    town.define(2, note_class="open")
    town.tell(town.site("a", "Một", fields={"note": "ai cũng đọc"}))
    town.tell(town.site("a", "Hai", fields={"note": "nay kín"}))
    assert town.keys(q="kín") == ["a"]
    assert town.get("/records/a", as_of=1)["record"]["note"] == "ai cũng đọc"
    town.define(3, note_class="open", ended_note_class="restricted")
    for rebuilt in (False, True):
        told = town.get("/records/a/history")["versions"]
        assert [one["record"]["name"] for one in told] == ["Một", "Hai"]
        assert not any("note" in one["record"] for one in told)
        assert "note" not in town.get("/records/a", as_of=1)["record"]
        assert "note" not in town.get("/records", as_of=1)["records"][0]
        assert town.refused("/records", sort="note") == (400, "unknown-field")
        assert town.refused("/records", note="nay kín") == (400, "unknown-parameter")
        if rebuilt:
            assert town.keys(q="kín") == []
        else:
            assert town.refused("/records", q="kín")[0] == 503
        town.apply()


def test_fields_are_chosen_in_the_asked_order(sites: Town) -> None:
    assert sites.get("/records", fields="price,name", key="a")["records"] == [
        {"key": "a", "price": 50_000, "name": "Trạm Đà"}
    ]


def test_a_cursor_holds_total_and_order_while_events_arrive(sites: Town) -> None:
    first = sites.get("/records", sort="name", limit=2)
    sites.tell(sites.site("0", "A mới"), sites.renamed("b", "Aa"), sites.ended("a"))
    second = sites.get("/records", sort="name", limit=2, cursor=first["next_cursor"])
    assert [one["key"] for one in first["records"] + second["records"]] == ["d", "c", "b", "a"]
    assert second["records"][0]["name"] == "Tràm Chim"
    assert (second["total"], second["entry"]) == (4, first["entry"]) == (4, 4)
    assert sites.keys(sort="name") == ["0", "b", "d", "c"]


def test_a_cursor_holds_when_the_clock_moves_what_is_current(sites: Town) -> None:
    sites.tell(sites.site("e", "Đến mai", valid_to=EPOCH + DAY), sites.site("f", "Từ mai", valid_from=EPOCH + DAY))
    first = sites.get("/records", limit=1)
    sites.now = EPOCH + 2 * DAY
    sites.apply()
    assert sites.keys() == ["a", "b", "c", "d", "f"]
    rest = sites.keys(limit=10, cursor=first["next_cursor"])
    assert rest == ["b", "c", "d", "e"]


def test_valid_at_and_as_of_ask_both_times(town: Town) -> None:
    town.now = EPOCH + 10 * DAY
    town.tell(town.site("a", "Cũ"))
    town.tell(town.renamed("a", "Mới", valid_from=EPOCH + 5 * DAY))

    def name(**times: Any) -> list[str]:
        return [one["name"] for one in town.get("/records", **times)["records"]]

    assert name() == ["Mới"]
    assert name(valid_at="2025-01-02") == ["Cũ"]
    assert name(as_of=1) == ["Cũ"]
    assert name(as_of=1, valid_at="2025-01-09") == ["Cũ"]
    assert name(as_of=0) == []
    assert name(valid_at="2024-12-31") == []


def test_an_instant_to_come_shows_what_will_begin(sites: Town) -> None:
    sites.tell(sites.site("f", "Từ mai", valid_from=EPOCH + DAY))
    assert sites.keys() == ["a", "b", "c", "d"]
    assert sites.keys(valid_at="2025-01-03") == ["a", "b", "c", "d", "f"]


def test_as_of_takes_a_time_too(town: Town) -> None:
    town.tell(town.site("a", "Một"))
    recorded = town.get("/records/a/provenance")["fields"]["name"]["recorded_at"]
    assert town.keys(as_of=recorded) == ["a"]
    assert town.keys(as_of="2001-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"nmae": "x"}, "unknown-parameter"),
        ({"name__like": "x"}, "unknown-parameter"),
        ({"price": "much"}, "invalid-query"),
        ({"price__contains": "1"}, "invalid-query"),
        ({"kind": "CASTLE"}, "invalid-query"),
        ({"sort": "fee"}, "unknown-field"),
        ({"fields": "nme"}, "unknown-field"),
        ({"limit": "0"}, "invalid-parameter"),
        ({"limit": "1001"}, "invalid-parameter"),
        ({"count": "some"}, "invalid-parameter"),
        ({"valid_at": "soon"}, "invalid-parameter"),
        ({"as_of": "99"}, "position-ahead"),
        ({"bbox": "1,2,3"}, "invalid-query"),
        ({"within": "POINT(1 2)"}, "invalid-query"),
        ({"within": "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))"}, "invalid-query"),
        ({"within": "nonsense"}, "invalid-query"),
        ({"q": "…"}, "invalid-query"),
        ({"cursor": "AAAA"}, "invalid-cursor"),
        ({"cursor": "é"}, "invalid-cursor"),
    ],
)
def test_what_cannot_be_understood_is_a_problem(sites: Town, asked: dict[str, str], code: str) -> None:
    assert sites.refused("/records", **asked) == (400, code)


def test_a_cursor_is_bound_to_filters_and_sort(sites: Town) -> None:
    cursor = sites.get("/records", limit=1)["next_cursor"]
    assert sites.refused("/records", cursor=cursor, sort="name") == (400, "invalid-cursor")
    assert sites.refused("/records", cursor=cursor, kind="HOUSE") == (400, "invalid-cursor")


def test_an_unknown_parameter_names_a_near_one(sites: Town) -> None:
    answer = sites.client.get("/api/v1/registries/sites/records?nmae=x").get_json()
    assert "did you mean 'name'?" in answer["detail"]
    assert "limit" in answer["known"]
    assert "name" in answer["known"]


def test_a_total_need_not_be_counted(sites: Town) -> None:
    assert sites.get("/records")["total"] == 4
    assert "total" not in sites.get("/records", count="none")
