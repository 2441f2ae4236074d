"""Random registry definitions: every type of Avro, every attribute of a field there or not."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import strategies as st

from schemas.avro import parse_record_schema
from schemas.definition import Definition, parse_definition
from tests.schemas.strategies import Draw, records

SPACES = st.sampled_from(["", "org.example", "a.b.c"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
KEY = {"name": "key", "type": "string", "class": "open", "doc": "The key."}
CHANGED = {"name": "changed", "type": {"type": "array", "items": "string"}, "class": "open"}
DURATIONS = st.sampled_from(["PT1M", "PT90M", "PT5H", "P1D", "P2DT1H", "P400D"])
INSTANTS = st.sampled_from(["2004-01-01T00:00:00Z", "2025-07-01T00:00:00+07:00", "2026-11-22T10:00:00.123456Z"])


def _words(draw: Draw) -> dict[str, Any]:
    """Some of the attributes of a field; each may be missing or odd."""
    chosen = {
        "class": draw(st.sampled_from(["open", "shared", "restricted", "personal", "sensitive", None])),
        "label": draw(st.sampled_from([None, {"vi": "Tên", "en": "Name"}, {"vi": "Tên"}, {"en": "Name"}, {}])),
        "doc": draw(st.one_of(st.none(), st.just(""), TEXTS)),
        "unit": draw(st.sampled_from([None, "m", "VND", "1"])),
        "aliases": draw(st.sampled_from([None, ["old"]])),
        "order": draw(st.sampled_from([None, "ignore"])),
        "note": draw(st.sampled_from([None, {"any": ["thing", 1]}])),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _field(draw: Draw, field: dict[str, Any]) -> dict[str, Any]:
    """The field, with words, and perhaps one of null."""
    if not isinstance(field["type"], list) and draw(st.booleans()):
        field = {**field, "type": ["null", field["type"]], "default": None}
    return {**field, **_words(draw)}


def _schema(draw: Draw, name: str, fields: list[dict[str, Any]]) -> str:
    space = draw(SPACES)
    attributes = draw(st.sampled_from([{}, {"doc": "It happened."}, {"doc": ""}, {"aliases": ["Was"], "owner": "x"}]))
    dotted = bool(space) and draw(st.booleans())
    naming = {"name": f"{space}.{name}"} if dotted else {"name": name, **({"namespace": space} if space else {})}
    return json.dumps({"type": "record", **naming, **attributes, "fields": fields})


def _optional(draw: Draw, values: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    return {name: draw(strategy) for name, strategy in values.items() if draw(st.booleans())}


def _sources(draw: Draw, names: list[str]) -> dict[str, Any]:
    authority = {"source": "urn:a:b:c", **_optional(draw, {"from": INSTANTS, "events": st.just(["Put", "Patched"])})}
    title = {"vi": draw(TEXTS), "en": draw(TEXTS)}
    claims = {"source": "urn:a:b:d", "title": title, **_optional(draw, {"to": INSTANTS, "fields": st.just(names[:2])})}
    return _optional(draw, {"authority": st.just([authority]), "claims": st.just([claims])})


@st.composite
def definitions(draw: Draw) -> Definition:
    """A definition with a put, a patch and a retire event."""
    fields = [_field(draw, one) for one in draw(records()).avro["fields"]]
    patched = [one for one in fields if draw(st.booleans())]
    texts = [
        _schema(draw, "Put", [KEY, *fields]),
        _schema(draw, "Patched", [KEY, CHANGED, *patched]),
        _schema(draw, "Retired", [KEY, {"name": "into", "type": {"type": "array", "items": "string"}}]),
    ]
    schemas = [parse_record_schema(one) for one in texts]
    names = ["key", *(one["name"] for one in fields)]
    document = {
        "registry": "some-things",
        "version": draw(st.integers(1, 99)),
        "title": {"vi": draw(TEXTS), "en": draw(TEXTS)},
        "description": {"vi": draw(TEXTS), "en": draw(TEXTS)},
        "custodian": "office",
        "licence": draw(TEXTS),
        "attribution": draw(TEXTS),
        "cadence": draw(DURATIONS),
        "limit": draw(DURATIONS),
        "writers": draw(st.sampled_from([["office"], ["other", "office"]])),
        "events": {
            "Put": {"operation": draw(st.sampled_from(["put", "append"])), "key": ["key"]},
            "Patched": {"operation": "patch", "key": ["key"]},
            "Retired": {"operation": "retire", "key": ["key"], **_optional(draw, {"successors": st.just("into")})},
        },
        "title_field": "key",
        **_optional(draw, {
            "partitions": st.integers(1, 9), "fields": st.permutations(names), "sortable": st.just(names),
            "search": st.just(["key"]), "indexes": st.just(["key"]), "signatures": st.booleans(),
            "dead_letter_limit": st.integers(1, 2000), "geometry": st.just({"lon": names[0], "lat": names[-1]}),
        }),
        **_sources(draw, names),
    }  # fmt: skip
    text = yaml.safe_dump(document, allow_unicode=True)
    return parse_definition(text, {one.full_name: one for one in schemas})
