"""A town with its own schemas, departments, names and data runs on the same program."""

from __future__ import annotations

import httpx

from tests.end_to_end.running import RunningHub


def test_it_has_its_own_registry_alone(town: RunningHub) -> None:
    assert [one["registry"] for one in town.get("/api/v1/registries")["registries"]] == ["wells"]


def test_its_own_table_has_arrived(town: RunningHub) -> None:
    found = town.get("/api/v1/registries/wells/records", sort="-depthM", fields="name,depthM", limit=1)
    assert found["total"] == 4
    assert found["records"] == [{"key": "3", "name": "Giếng Trạm Bơm", "depthM": 61.0}]


def test_its_sources_bear_its_name(town: RunningHub) -> None:
    facts = town.get("/api/v1/registries/wells/records/1/provenance")
    assert "urn:hoian:W1:well-register" in str(facts)
    assert "urn:hue" not in str(facts)


def test_its_pages_say_nothing_of_hue(town: RunningHub) -> None:
    for language, title in (("vi", "Dữ liệu Hội An"), ("en", "Hoi An Data")):
        page = httpx.get(town.url + "/", params={"lang": language}).text
        assert title in page
        assert "huế" not in page.lower()
        assert "hue" not in page.lower().replace("huehub", "")


def test_its_index_says_nothing_of_hue(town: RunningHub) -> None:
    assert "hue" not in httpx.get(town.url + "/api/v1").text.lower()
