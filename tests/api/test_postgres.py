"""PostgreSQL answers as SQLite does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.town import DAY, EPOCH, TOURISM, Town, filled

pytestmark = pytest.mark.postgres

QUESTIONS: list[dict[str, Any]] = [
    {},
    *({"sort": sort, "limit": 2} for sort in ("name", "-name", "price", "-price,name", "kind,-price", "-key")),
    *({"q": q} for q in ("tram", "da", "đà", "tra da", "dai noi", "đại nội", "nội đ")),
    {"price__ne": "20000"},
    {"price__in": "50000,20000", "sort": "name"},
    {"name__contains": "Đ"},
    {"name__startswith": "Tr"},
    {"fee__gte": "1.5"},
    {"seen__gte": "2025-01-01"},
    {"opens__lte": "07:30"},
    {"free": "true"},
    {"tags": "núi"},
    {"tags__ne": "núi"},
    {"bbox": "107.55,16,108,17"},
    {"within": "POLYGON((107.4 16.45, 107.55 16.45, 107.55 16.55, 107.4 16.55, 107.4 16.45))"},
    {"as_of": "2", "sort": "name"},
    {"valid_at": "2025-01-03"},
    {"valid_at": "2030-01-03"},
    {"as_of": "5", "valid_at": "2025-01-01T12:00:00Z", "sort": "-price"},
]

_NAMES = ("Khu Đại Nội", "Đại Nội Huế", "Dai noi cafe", "Đài Nội thất", "Nội thất Đại Phát")


def _prepared(town: Town) -> Town:
    filled(town)
    town.tell(
        *(town.site(f"n{number}", name) for number, name in enumerate(_NAMES)),
        town.renamed("b", "Ấn", valid_from=EPOCH + DAY),
        town.site("f", "Từ mai", valid_from=EPOCH + DAY),
        town.site("g", "Đến mai", valid_to=EPOCH + DAY),
        town.site("a", "Trạm Đá", fields={"price": 1}, source=TOURISM),
    )
    town.now = EPOCH + 2 * DAY
    town.apply()
    town.tell(town.ended("d", "b"))
    return town


def _walk(town: Town, question: dict[str, Any]) -> list[Any]:
    """The records of every page, and the totals."""
    told, asked = [], dict(question)
    while True:
        page = town.get("/records", **asked)
        told.append((page["total"], page["records"]))
        if page["next_cursor"] is None:
            return told
        asked["cursor"] = page["next_cursor"]


def test_both_databases_give_the_same_answers(tmp_path: Path, postgres_url: str) -> None:
    folders = [tmp_path / one for one in ("lite", "post")]
    for folder in folders:
        folder.mkdir()
    lite, post = _prepared(Town(folders[0])), _prepared(Town(folders[1], url=postgres_url))
    for question in QUESTIONS:
        assert _walk(post, question) == _walk(lite, question), question
    for path in ("/records/b/lineage", "/contradictions", "/changes"):
        assert _timeless(post.get(path)) == _timeless(lite.get(path)), path
    assert len(post.get("/records/b/history")["versions"]) == len(lite.get("/records/b/history")["versions"]) == 3
    assert post.client.get("/metrics").status_code == post.client.get("/").status_code == 200


def _timeless(told: Any) -> Any:
    """Without what differs between two logs told at different moments."""
    if isinstance(told, dict):
        return {name: _timeless(value) for name, value in told.items() if name not in ("recorded_at", "asked")}
    return [_timeless(one) for one in told] if isinstance(told, list) else told
