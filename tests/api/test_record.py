"""One record: its state, its successors, its history, who set its values, its lineage, what others claim."""

from __future__ import annotations

from typing import Any

from tests.api.town import BASE, DAY, EPOCH, TOURISM, Town

PATH = "/api/v1/registries/sites/records"


def test_a_record_tells_its_state_and_both_times(sites: Town) -> None:
    told = sites.get("/records/a")
    assert told["record"]["name"] == "Trạm Đà"
    assert (told["state"], told["valid_from"], told["valid_to"]) == ("active", "2025-01-01T00:00:00Z", None)
    assert (told["recorded_from"], told["recorded_to"], told["asked"]["entry"]) == (1, None, 4)


def test_a_key_nobody_ever_told_is_not_found(sites: Town) -> None:
    assert sites.refused("/records/zz") == (404, "record-not-found")
    assert sites.refused("/records/zz/history") == (404, "record-not-found")


def test_a_record_not_yet_valid_is_not_found_and_says_from_when(sites: Town) -> None:
    answer = sites.client.get(f"{PATH}/a?valid_at=2024-12-31T00:00:00Z")
    assert (answer.status_code, answer.get_json()["valid_from"]) == (404, "2025-01-01T00:00:00Z")


def test_one_successor_is_a_redirect_that_is_asked_again(sites: Town) -> None:
    sites.tell(sites.ended("a", "b"))
    answer = sites.client.get(f"{PATH}/a?valid_at=2025-01-01T12:00:00Z")
    assert answer.status_code == 301
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Location"] == f"{BASE}{PATH}/b?valid_at=2025-01-01T12%3A00%3A00Z"


def test_several_or_no_successors_are_gone_with_the_list(sites: Town) -> None:
    sites.tell(sites.ended("a", "b", "c"), sites.ended("d"))
    several, none = sites.client.get(f"{PATH}/a"), sites.client.get(f"{PATH}/d")
    assert (several.status_code, several.get_json()["successors"]) == (410, ["b", "c"])
    assert (none.status_code, none.get_json()["successors"]) == (410, [])


def test_a_ceased_record_is_still_there_as_of_before(sites: Town) -> None:
    sites.tell(sites.ended("a", "b"))
    assert sites.get("/records/a", as_of=4)["record"]["name"] == "Trạm Đà"


def test_an_absorbed_record_forwards_to_the_survivor(sites: Town) -> None:
    sites.tell(sites.joined("a", "b"))
    answer = sites.client.get(f"{PATH}/b")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{BASE}{PATH}/a")


def test_a_record_whose_validity_ended_is_gone(sites: Town) -> None:
    sites.tell(sites.site("e", "Một ngày", valid_to=EPOCH + DAY))
    assert sites.refused("/records/e", valid_at="2025-01-05") == (410, "record-gone")


def test_an_etag_answers_304_until_an_entry_comes(sites: Town) -> None:
    first = sites.client.get(f"{PATH}/a")
    again = {"If-None-Match": first.headers["ETag"]}
    assert sites.client.get(f"{PATH}/a", headers=again).status_code == 304
    assert sites.client.get(f"{PATH}/b", headers=again).status_code == 200
    sites.tell(sites.renamed("a", "Khác"))
    assert sites.client.get(f"{PATH}/a", headers=again).status_code == 200


def test_a_key_may_hold_a_slash(town: Town) -> None:
    town.tell(town.site("x/1~2", "Có gạch"))
    assert town.get("/records/x%2F1~2")["key"] == "x/1~2"
    assert town.get("/records/x%2F1~2/history")["key"] == "x/1~2"


def test_history_tells_all_versions_with_both_times_and_events(town: Town) -> None:
    town.now = EPOCH + 9 * DAY
    town.tell(town.site("a", "Một"))
    town.tell(town.renamed("a", "Hai", valid_from=EPOCH + DAY))
    told = town.get("/records/a/history")
    rows = [
        (one["record"]["name"], one["recorded_from"], one["recorded_to"], one["valid_to"]) for one in told["versions"]
    ]
    ended = "2025-01-02T00:00:00Z"
    assert rows == [("Một", 1, 2, None), ("Một", 2, None, ended), ("Hai", 2, None, None)]
    assert [(one["entry"], one["type"], one["department"]) for one in told["events"]] == [
        (1, "SiteTold", "culture"),
        (2, "SiteRenamed", "culture"),
    ]
    assert all(one["known_from"] for one in told["versions"])


def test_history_is_paged(town: Town) -> None:
    town.now = EPOCH + 9 * DAY
    town.tell(town.site("a", "Một"), town.renamed("a", "Hai", valid_from=EPOCH + DAY))
    first = town.get("/records/a/history", limit=2)
    rest = town.get("/records/a/history", limit=2, cursor=first["next"])
    assert len(first["versions"]) == 2
    assert [one["record"]["name"] for one in rest["versions"]] == ["Hai"]
    assert rest["next"] is None


def test_provenance_names_the_event_that_set_each_value(sites: Town) -> None:
    sites.now = EPOCH + 9 * DAY
    sites.tell(sites.renamed("a", "Tên mới", valid_from=EPOCH + DAY))
    fields = sites.get("/records/a/provenance")["fields"]
    assert (fields["name"]["value"], fields["name"]["entry"], fields["name"]["type"]) == ("Tên mới", 5, "SiteRenamed")
    assert (fields["price"]["value"], fields["price"]["entry"]) == (50_000, 1)
    assert fields["price"]["source"] == "urn:hue:H57.15:places"
    assert "note" not in fields


def test_provenance_of_a_corrected_value_names_the_correction(sites: Town) -> None:
    corrected = sites.site("a", "Trạm Đá", fields={"price": 1}, correction="corrected", corrects="event-1")
    sites.tell(corrected)
    name = sites.get("/records/a/provenance")["fields"]["name"]
    assert (name["value"], name["entry"], name["correction"]) == ("Trạm Đá", 5, "corrected")
    before = sites.get("/records/a/provenance", as_of=4)["fields"]["name"]
    assert (before["value"], before["entry"]) == ("Trạm Đà", 1)


def test_lineage_goes_both_ways_and_on(sites: Town) -> None:
    sites.now = EPOCH + 9 * DAY
    sites.tell(sites.redrawn("act-1", ("a", "c"), ("b", "c"), valid_from=EPOCH + DAY))
    sites.tell(sites.redrawn("act-2", ("c", "d"), valid_from=EPOCH + 2 * DAY))

    def edges(key: str, side: str, **more: Any) -> list[tuple[str, str, int]]:
        told = sites.get(f"/records/{key}/lineage", **more)
        return [(one["from"], one["to"], one["distance"]) for one in told[side]]

    assert edges("d", "predecessors") == [("c", "d", 1), ("a", "c", 2), ("b", "c", 2)]
    assert edges("a", "successors") == [("a", "c", 1), ("c", "d", 2)]
    assert edges("a", "successors", as_of=5) == [("a", "c", 1)]
    assert sites.get("/records/d/lineage", limit=2)["truncated"] is True


def test_an_end_without_successor_is_told_with_its_flag(sites: Town) -> None:
    sites.now = EPOCH + 9 * DAY
    sites.tell(sites.redrawn("act-1", ("a", "c"), ("a", None), ("b", None), flag="OMITTED", valid_from=EPOCH + DAY))
    told = sites.get("/records/b/lineage")["successors"]
    expected: dict[str, Any] = {
        "from": "b",
        "to": None,
        "kind": "reorganise",
        "valid_from": "2025-01-02T00:00:00Z",
        "entry": 5,
    }
    expected |= {"distance": 1, "details": {"from": "b", "to": None, "flag": "OMITTED"}}
    assert told == [expected]
    gone = sites.client.get(f"{PATH}/b")
    assert (gone.status_code, gone.get_json()["successors"], gone.get_json()["edges"]) == (410, [], [expected])
    assert [one["to"] for one in sites.get("/records/a/lineage")["successors"]] == ["c", None]


def test_a_class_raised_within_a_field_hides_the_whole_of_it_at_once(sites: Town) -> None:
    sites.now = EPOCH + 9 * DAY
    sites.tell(sites.redrawn("act-1", ("a", "c"), flag="OMITTED", valid_from=EPOCH + DAY))
    assert "details" in sites.get("/records/a/lineage")["successors"][0]
    sites.define(2, flag_class="restricted")
    told = sites.get("/records/a/lineage")["successors"][0]
    assert (told["from"], told["to"]) == ("a", "c")
    assert "details" not in told


def test_a_claim_that_differs_is_a_contradiction_but_not_by_case_or_tone_placement(sites: Town) -> None:
    sites.tell(
        sites.site("a", "Trạm Đá", fields={"price": 50_000, "kind": "HOUSE"}, source=TOURISM),
        sites.site("b", "TRÀM  chim", fields={"price": 7}, source=TOURISM),
        sites.site("c", "Đá Bạc", source=TOURISM),
    )
    found = sites.get("/contradictions")["contradictions"]
    assert [(one["key"], one["kind"], one["field"], one["value"], one["claimed"]) for one in found] == [
        ("a", "differs", "name", "Trạm Đà", "Trạm Đá"),
        ("b", "differs", "price", 20_000, 7),
    ]
    assert sites.get("/records/c/contradictions")["contradictions"] == []
    assert sites.get("/records/a")["record"]["name"] == "Trạm Đà"


def test_a_claim_of_what_the_registry_lacks_is_a_contradiction(sites: Town) -> None:
    sites.tell(sites.site("z", "Chỉ ở danh sách", source=TOURISM))
    (found,) = sites.get("/contradictions")["contradictions"]
    assert (found["key"], found["kind"], found["held_state"]) == ("z", "not-held", "absent")
    assert found["claimed"] == {"name": "Chỉ ở danh sách", "price": None}
    assert sites.refused("/records/z") == (404, "record-not-found")


def test_a_complete_claim_denies_what_it_does_not_list(tmp_path: Any) -> None:
    town = Town(tmp_path, complete=True)
    town.tell(*(town.site(key, f"Tên {key}") for key in "abc"), town.site("b", "Tên b", source=TOURISM))
    found = town.get("/contradictions")["contradictions"]
    assert [(one["key"], one["kind"], one["claimed_state"]) for one in found] == [
        ("a", "denied", "not-listed"),
        ("c", "denied", "not-listed"),
    ]


def test_contradictions_are_paged_at_one_pin(tmp_path: Any) -> None:
    town = Town(tmp_path, complete=True)
    town.tell(*(town.site(key, f"Tên {key}") for key in "abc"))
    first = town.get("/contradictions", limit=2)
    town.tell(town.site("aa", "Sau"), town.site("d", "Sau"))
    second = town.get("/contradictions", limit=2, cursor=first["next_cursor"])
    assert [one["key"] for one in first["contradictions"] + second["contradictions"]] == ["a", "b", "c"]
