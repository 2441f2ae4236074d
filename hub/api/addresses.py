"""What each address of the native API answers, as its index tells it."""

from __future__ import annotations

from typing import Any

from hub.api.parameters import RECORDS_PARAMETERS

_REGISTRY = "/registries/{registry}"
_RECORD = "/registries/{registry}/records/{key}"
_TIMES = ["as_of", "valid_at"]


def _about(vi: str, en: str, parameters: list[str] | None = None) -> dict[str, Any]:
    return {"vi": vi, "en": en, "parameters": parameters or []}


ADDRESSES: dict[str, dict[str, Any]] = {
    "/registries": _about("Các sổ đăng ký", "The registries, their counts and freshness"),
    _REGISTRY: _about("Một sổ đăng ký và các nguồn của nó", "One registry and its sources"),
    f"{_REGISTRY}/schema": _about("Định nghĩa, trường, lược đồ Avro", "Definition, fields, Avro schemas"),
    f"{_REGISTRY}/records": _about(
        "Bản ghi theo bộ lọc", "Records by filter", [*sorted(RECORDS_PARAMETERS), "{field}", "{field}__{operator}"]
    ),
    _RECORD: _about("Một bản ghi, hoặc nơi kế tục nó", "One record, or its successor", _TIMES),
    f"{_RECORD}/history": _about("Mọi phiên bản và sự kiện", "Every version and event", ["cursor", "limit"]),
    f"{_RECORD}/provenance": _about("Nguồn của từng giá trị", "Who set each value", _TIMES),
    f"{_RECORD}/lineage": _about("Trước và sau sáp nhập, chia tách", "Before and after", ["as_of", "limit"]),
    f"{_RECORD}/contradictions": _about("Nguồn khác nói gì", "What other sources claim", _TIMES),
    f"{_REGISTRY}/contradictions": _about(
        "Mọi chỗ các nguồn khác nhau", "Where sources disagree", [*_TIMES, "cursor", "limit", "source"]
    ),
    f"{_REGISTRY}/changes": _about("Dòng thay đổi", "The change feed", ["limit", "since", "wait"]),
    "/events/{source}/{id}": _about("Số phận của một sự kiện", "What became of an event", ["wait"]),
}
