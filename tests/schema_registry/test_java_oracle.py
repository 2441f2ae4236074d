"""Validity, canonical forms, fingerprints, texts and verdicts, against Apache Avro's own Java library."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.canonical import canonical_form, crc64
from schemas.compatibility import AMBIGUOUS_FIELD, check
from schemas.errors import AvroInvalid
from schemas.java_defaults import check_java_defaults
from schemas.model import AvroType, parse_type
from schemas.stored_text import stored_text
from tests.schema_registry.oracle import AvroOracle, build_oracle
from tests.schema_registry.random_schemas import SchemaMaker

pytestmark = pytest.mark.slow
SCHEMAS, PAIRS = 1500, 2000


@pytest.fixture(scope="module")
def oracle() -> Iterator[AvroOracle]:
    running = AvroOracle(build_oracle())
    yield running
    running.close()


def parsed(schema: Any) -> AvroType | None:
    try:
        avro = parse_type(schema)
        check_java_defaults(avro)
    except (AvroInvalid, RecursionError):
        return None
    return avro


def counted(count: int, proof: bool) -> int:
    return count * 10 if proof else count


def test_the_same_schemas_are_valid_with_the_same_form_fingerprint_and_text(oracle: AvroOracle, proof: bool) -> None:
    maker, different, valid = SchemaMaker(random.Random(41)), [], 0
    for _ in range(counted(SCHEMAS, proof)):
        text = json.dumps(maker.schema(), ensure_ascii=False)
        judged, avro = oracle.judge(text), parsed(json.loads(text))
        if (avro is None) != (judged.form is None):
            different.append((text, judged.error or "Java takes it"))
        elif avro is not None:
            valid += 1
            form = canonical_form(text)
            ours = (form, crc64(form.encode()), json.loads(stored_text(json.loads(text))))
            if ours != (judged.form, judged.fingerprint, json.loads(judged.text or "")):
                different.append((text, f"{ours} {judged}"))
            elif stored_text(json.loads(text)) != judged.text:
                different.append((text, f"{stored_text(json.loads(text))} {judged.text}"))
    assert valid > 300
    assert different[:5] == [], f"{len(different)} differ"


def test_verdicts_types_and_locations_are_equal(oracle: AvroOracle, proof: bool) -> None:
    maker, different, compared, incompatible = SchemaMaker(random.Random(42)), [], 0, 0
    while compared < counted(PAIRS, proof):
        reader = maker.schema()
        writer = maker.changed(reader)
        left, right = parsed(reader), parsed(writer)
        if left is None or right is None:
            continue
        compared += 1
        texts = json.dumps(reader), json.dumps(writer)
        judged = oracle.compare(*texts)
        found = check(left, right)
        incompatible += bool(found)
        if judged is None and oracle.judge(texts[0]).form is None:
            compared -= 1  # Java overflows its stack over a default of a record that holds itself
        elif judged is None:
            if [one.type for one in found] != [AMBIGUOUS_FIELD]:
                different.append((texts, "Java ends with an exception", str(found)))
        elif [f"{one.type} {one.path} {one.detail}" for one in found] != judged:
            different.append((texts, str(judged), str([f"{one.type} {one.path} {one.detail}" for one in found])))
    assert incompatible > compared // 5
    assert different[:3] == [], f"{len(different)} of {compared} differ"
