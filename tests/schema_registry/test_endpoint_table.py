"""Every row of the API's table: method, path, parameters, what is answered, and each error with its number.

The state before each row: subject `a` with versions 1 and 2, `gone` deleted softly, `address` that `user` refers to,
`:.ctx:a` in a context, `real` that `other` stands for, associations of the topics `t` (shared) and `s` (its own).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import hub.schema_registry.rest
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.schema_registry.rest.routes import ROUTES, find_route
from hub.schema_registry.store import SchemaStore
from tests.schema_registry.client import RegistryClient, client_of, optional, record

V1, V2, V3 = record("name"), record("name", optional("mail")), record("name", optional("mail"), optional("more"))
WRONG, LONG = record("new"), record("x" * 950_000)
ADDRESS = record("street", name="Address")
USER = record({"name": "home", "type": "Address"})
REFERENCE = {"name": "Address", "subject": "address", "version": 1}
WEAK = {"subject": "a", "lifecycle": "WEAK"}
TOPIC = {"resourceName": "t", "resourceNamespace": "ns", "resourceId": "id1", "associations": [WEAK]}
STRONG = {**TOPIC, "resourceName": "s", "resourceId": "id2", "associations": [{"schema": {"schema": '"int"'}}]}
Read = Callable[[Any], Any]


def fill(client: RegistryClient) -> None:
    client.register("a", V1, metadata={"properties": {"k": "1", "l": "2"}})
    client.register("a", V2)
    client.register("gone", V1)
    client.delete("/subjects/gone")
    client.register("address", ADDRESS)
    client.register("user", USER, references=[REFERENCE])
    client.register(":.ctx:a", V1)
    client.register("real", V1)
    client.put("/config/other", {"alias": "real"})
    client.ask("POST", "/associations", TOPIC)
    client.ask("POST", "/associations", STRONG)


@contextmanager
def opened(folder: Path) -> Iterator[RegistryClient]:
    log = open_log(f"sqlite:///{folder / 'log.sqlite'}")
    engine = open_database(f"sqlite:///{folder / 'hub.sqlite'}")
    yield client_of(SchemaStore(engine, log, now=lambda: 1_700_000_000_000_000))
    engine.dispose()
    log.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry in the state before each row."""
    folder = tmp_path_factory.mktemp("filled")
    with opened(folder) as client:
        fill(client)
    return folder


@pytest.fixture
def client(filled: Path, tmp_path: Path) -> Iterator[RegistryClient]:
    """A client of a copy of it."""
    with opened(Path(shutil.copytree(filled, tmp_path / "copy"))) as found:
        yield found


def schema(value: Any, **members: Any) -> dict[str, Any]:
    return {"schema": json.dumps(value), **members}


def same(found: Any) -> Any:
    return found


def member(*names: str) -> Read:
    return lambda found: [found.get(one) for one in names]


def members(name: str) -> Read:
    return lambda found: [one[name] for one in found]


def field_names(found: Any) -> list[str]:
    document = json.loads(found["schema"]) if "schema" in found else found
    return [one["name"] for one in document["fields"]]


def first_topic(found: Any) -> Any:
    return found["results"][0]["result"]["resourceName"]


def clusters(found: Any) -> list[str]:
    return sorted(found["scope"]["clusters"])


ANSWERS: list[tuple[str, str, Any, Read, Any]] = [
    ("GET", "/", None, same, {}),
    ("POST", "/", {}, same, {}),
    ("GET", "/subjects", None, same, [":.ctx:a", ":.ns:s-value", "a", "address", "real", "user"]),
    ("GET", "/subjects?subjectPrefix=a", None, same, ["a", "address"]),
    ("GET", "/subjects?subjectPrefix=:*:a", None, same, [":.ctx:a", "a", "address"]),
    ("GET", "/subjects?subjectPrefix=:.ctx:", None, same, [":.ctx:a"]),
    ("GET", "/subjects?subject=ad", None, same, ["address"]),
    ("GET", "/subjects?deleted=True&subjectPrefix=g", None, same, ["gone"]),
    ("GET", "/subjects?deletedOnly=true", None, same, ["gone"]),
    ("GET", "/subjects?deleted_only=True", None, same, ["gone"]),
    ("GET", "/subjects?deleted=true&deletedOnly=true", None, same, ["gone"]),
    ("GET", "/subjects?offset=2&limit=2", None, same, ["a", "address"]),
    ("GET", "/subjects/a/versions", None, same, [1, 2]),
    ("GET", "/subjects/a/versions/", None, same, [1, 2]),
    ("GET", "/subjects/a/versions?offset=1&limit=1", None, same, [2]),
    ("GET", "/subjects/gone/versions?deleted=true", None, same, [1]),
    ("GET", "/subjects/gone/versions?deletedOnly=true", None, same, [1]),
    ("GET", "/subjects/gone/versions?deletedAsNegative=true", None, same, [-1]),
    ("GET", "/subjects/other/versions", None, same, [1]),
    ("GET", "/subjects/a/versions/2", None, member("subject", "version", "id", "schemaType"), ["a", 2, 2, "AVRO"]),
    ("GET", "/subjects/a/versions/latest", None, member("version"), [2]),
    ("GET", "/subjects/a/versions/-1", None, member("version"), [2]),
    ("GET", "/subjects/other/versions/latest", None, member("subject"), ["real"]),
    ("GET", "/subjects/gone/versions/1?deleted=true", None, member("deleted"), [True]),
    (
        "GET",
        "/subjects/user/versions/1?format=resolved&referenceFormat=default&findTags=x",
        None,
        field_names,
        ["home"],
    ),
    ("GET", "/subjects/a/versions/1/schema?format=&deleted=false", None, member("name"), ["User"]),
    ("GET", "/subjects/address/versions/1/referencedby?deleted=true&offset=0&limit=5", None, same, [5]),
    ("POST", "/subjects/a/versions?normalize=True&force=False&format=", schema(V3), member("version"), [3]),
    ("POST", "/subjects/a/versions?force=true", schema(WRONG), member("version"), [3]),
    ("POST", "/subjects/a/versions", schema(V2), member("version", "id"), [2, 2]),
    ("POST", "/subjects/other/versions", schema(V2), member("version"), [2]),
    ("POST", "/subjects/a/versions/2/tags", {"newVersion": 3}, member("version"), [3]),
    ("POST", "/subjects/a?normalize=False&deleted=False&format=", schema(V1), member("version"), [1]),
    ("POST", "/subjects/gone?deleted=true", schema(V1), member("version"), [1]),
    ("POST", "/subjects/other", schema(V1), member("subject"), ["real"]),
    ("GET", "/subjects/a/metadata?key=k&value=1&key=l&value=2", None, member("version"), [2]),
    ("GET", "/subjects/a/metadata?format=resolved&deleted=true&key=k&value=1", None, member("version"), [2]),
    ("DELETE", "/subjects/user", None, same, [1]),
    ("DELETE", "/subjects/gone?permanent=True", None, same, [1]),
    ("DELETE", "/subjects/other", None, same, [1]),
    ("DELETE", "/subjects/a/versions/latest?permanent=False", None, same, 2),
    ("DELETE", "/subjects/gone/versions/1?permanent=true", None, same, 1),
    ("GET", "/schemas?subjectPrefix=a&latestOnly=true", None, members("subject"), ["a", "address"]),
    ("GET", "/schemas?subjectPrefix=:.ctx:", None, members("subject"), [":.ctx:a"]),
    ("GET", "/schemas?subjectPrefix=gone&deleted=true", None, members("subject"), ["gone"]),
    ("GET", "/schemas?aliases=true&subjectPrefix=oth", None, members("aliases"), [["other"]]),
    ("GET", "/schemas?aliases=false&subjectPrefix=oth", None, same, []),
    ("GET", "/schemas?ruleType=CEL", None, same, []),
    ("GET", "/schemas?resourceType=topic&associationType=value&lifecycle=WEAK", None, members("subject"), ["a", "a"]),
    ("GET", "/schemas?subjectPrefix=:*:&offset=1&limit=1", None, members("subject"), [":.ns:s-value"]),
    ("GET", "/schemas/ids/1?subject=a&fetchMaxId=true", None, member("maxId"), [5]),
    ("GET", "/schemas/ids/5?format=resolved&referenceFormat=qualified&findTags=*", None, field_names, ["home"]),
    ("GET", "/schemas/ids/1/schema?subject=a&format=", None, member("name"), ["User"]),
    ("GET", "/schemas/ids/3/subjects?deleted=true&offset=0&limit=1", None, same, ["gone"]),
    ("GET", "/schemas/ids/1/versions?subject=a", None, same, [{"subject": "a", "version": 1}]),
    ("GET", "/schemas/types", None, same, ["AVRO"]),
    ("POST", "/compatibility/subjects/a/versions/latest?normalize=False", schema(V3), same, {"is_compatible": True}),
    ("POST", "/compatibility/subjects/a/versions/1", schema(WRONG), same, {"is_compatible": False}),
    ("POST", "/compatibility/subjects/a/versions/?normalize=false", schema(V3), same, {"is_compatible": True}),
    ("POST", "/compatibility/subjects/a/versions?verbose=true", schema(V3), member("messages"), [[]]),
    ("POST", "/compatibility/subjects/none/versions/latest", schema(V1), same, {"is_compatible": True}),
    ("POST", "/compatibility/subjects/none/versions", schema(V1), same, {"is_compatible": True}),
    ("POST", "/compatibility/subjects/a/versions/1?verbose=true", {"schema": "{"}, member("is_compatible"), [False]),
    ("GET", "/config", None, same, {"compatibilityLevel": "BACKWARD"}),
    ("GET", "/config?defaultToGlobal=true", None, same, {"compatibilityLevel": "BACKWARD"}),
    ("PUT", "/config", {"compatibility": "full"}, same, {"compatibility": "FULL"}),
    ("DELETE", "/config", None, same, {"compatibilityLevel": "BACKWARD"}),
    ("GET", "/config/other", None, same, {"alias": "real"}),
    ("GET", "/config/a?defaultToGlobal=True", None, same, {"compatibilityLevel": "BACKWARD"}),
    ("PUT", "/config/a", {"compatibility": "none", "unknown": 1}, same, {"compatibility": "NONE"}),
    ("PUT", "/config/other", {"compatibilityGroup": "k"}, same, {"alias": "real", "compatibilityGroup": "k"}),
    ("PUT", "/config/other", {"alias": None, "compatibilityPolicy": "STRICT"}, same, {"compatibilityPolicy": "STRICT"}),
    ("PUT", "/config/:.ctx:", {"normalize": True}, same, {"normalize": True}),
    ("DELETE", "/config/other", None, same, {"alias": "real"}),
    ("GET", "/mode", None, same, {"mode": "READWRITE"}),
    ("GET", "/mode/a?defaultToGlobal=true", None, same, {"mode": "READWRITE"}),
    ("PUT", "/mode", {"mode": "readonly"}, same, {"mode": "READONLY"}),
    ("PUT", "/mode/a?force=true", {"mode": "IMPORT"}, same, {"mode": "IMPORT"}),
    ("DELETE", "/mode", None, same, {"mode": "READWRITE"}),
    ("DELETE", "/mode/:.ctx:?recursive=true", None, same, {}),
    ("GET", "/contexts", None, same, [".", ".ctx", ".ns"]),
    ("GET", "/contexts?contextPrefix=.c&offset=0&limit=1", None, same, [".ctx"]),
    ("GET", "/contexts/.ctx/subjects", None, same, [":.ctx:a"]),
    ("GET", "/contexts/ctx/schemas/ids/1", None, field_names, ["name"]),
    ("DELETE", "/contexts/.empty", None, same, None),
    ("GET", "/v1/metadata/id", None, clusters, ["kafka-cluster", "schema-registry-cluster"]),
    ("GET", "/v1/metadata/deployment", None, same, {"attributes": []}),
    ("GET", "/v1/metadata/version", None, sorted, ["commitId", "version"]),
    ("GET", "/associations/subjects/a?associationType=value&lifecycle=WEAK", None, members("resourceId"), ["id1"]),
    ("GET", "/associations/resources/-/t?resourceType=topic&associationType=value", None, members("subject"), ["a"]),
    ("GET", "/associations/resources/-/none?resourceType=topic&associationType=key", None, same, []),
    ("GET", "/associations/resources/id1?offset=0&limit=1", None, members("lifecycle"), ["WEAK"]),
    ("POST", "/associations?dryRun=true&context=.", TOPIC, member("resourceName"), ["t"]),
    ("PUT", "/associations/resources/id1", TOPIC, member("resourceName"), ["t"]),
    ("DELETE", "/associations/resources/id1?resourceType=topic&associationType=value", None, same, None),
    ("POST", "/associations:batchGet", {"requests": [{"resourceId": "id1"}]}, first_topic, "t"),
    (
        "POST",
        "/associations:batchMutate",
        {"requests": [{**TOPIC, "associations": [{"opType": "UPSERT", **WEAK}]}]},
        first_topic,
        "t",
    ),
]

ERRORS: list[tuple[str, str, Any, int]] = [
    ("GET", "/nothing", None, 404),
    ("PATCH", "/subjects", None, 405),
    ("POST", "/subjects/a/versions", [], 400),
    ("GET", "/subjects?limit=x", None, 400),
    ("GET", "/schemas/ids/x", None, 404),
    ("GET", "/subjects/none/versions", None, 40401),
    ("GET", "/subjects/gone/versions", None, 40401),
    ("GET", "/subjects/none/versions/1", None, 40401),
    ("POST", "/subjects/none", schema(V1), 40401),
    ("DELETE", "/subjects/none", None, 40401),
    ("DELETE", "/config/none", None, 40401),
    ("DELETE", "/mode/none", None, 40401),
    ("GET", "/subjects/a/versions/9", None, 40402),
    ("DELETE", "/subjects/a/versions/9", None, 40402),
    ("GET", "/subjects/a/metadata?key=k&value=9", None, 40402),
    ("POST", "/compatibility/subjects/a/versions/9", schema(V1), 40402),
    ("GET", "/schemas/ids/99", None, 40403),
    ("GET", "/schemas/ids/99/schema", None, 40403),
    ("GET", "/schemas/ids/99/subjects", None, 40403),
    ("GET", "/schemas/ids/99/versions", None, 40403),
    ("GET", "/schemas/guids/none", None, 40403),
    ("GET", "/schemas/guids/none/ids", None, 40403),
    ("POST", "/subjects/a", schema(V3), 40403),
    ("DELETE", "/subjects/gone", None, 40404),
    ("DELETE", "/subjects/a?permanent=true", None, 40405),
    ("DELETE", "/subjects/gone/versions/1", None, 40406),
    ("DELETE", "/subjects/a/versions/1?permanent=true", None, 40407),
    ("GET", "/config/a", None, 40408),
    ("GET", "/mode/a", None, 40409),
    ("DELETE", "/associations/resources/none", None, 40410),
    ("POST", "/subjects/a/versions", schema(WRONG), 409),
    ("POST", "/associations", {**TOPIC, "associations": [{"subject": "real"}]}, 40903),
    ("POST", "/associations", {**TOPIC, "resourceId": "x", "associations": [{"subject": ":.ns:s-value"}]}, 40905),
    ("POST", "/associations", {**STRONG, "resourceId": "id3"}, 40904),
    ("POST", "/associations", {**TOPIC, "resourceId": "x", "associations": [{"subject": "none"}]}, 40907),
    ("DELETE", "/associations/resources/id2", None, 40908),
    ("POST", "/subjects/a/versions", {"schema": "{"}, 42201),
    ("POST", "/subjects/a/versions", schema(V1, schemaType="PROTOBUF"), 42201),
    ("POST", "/subjects/a/versions", schema(V1, schemaType="JSON"), 42201),
    ("POST", "/subjects/a", {"schema": "{"}, 42201),
    ("POST", "/compatibility/subjects/a/versions/1", {"schema": "{"}, 42201),
    ("GET", "/subjects/a/versions/0", None, 42202),
    ("GET", "/subjects/a/versions/2147483648", None, 42202),
    ("GET", "/subjects/a/versions/1.5/schema", None, 42202),
    ("GET", "/subjects/a/versions/x/referencedby", None, 42202),
    ("DELETE", "/subjects/a/versions/x", None, 42202),
    ("PUT", "/config", {"compatibility": "SOMETIMES"}, 42203),
    ("PUT", "/mode", {"mode": "SOMETIMES"}, 42204),
    ("PUT", "/mode/a", {"mode": "IMPORT"}, 42205),
    ("POST", "/subjects/a/versions", schema(V1, id=9), 42205),
    ("DELETE", "/subjects/address", None, 42206),
    ("DELETE", "/subjects/address/versions/1", None, 42206),
    ("POST", "/subjects/a%09b/versions", schema(V1), 42208),
    ("PUT", "/config/a%09b", {"compatibility": "NONE"}, 42208),
    ("POST", "/subjects/long/versions", schema(LONG), 42209),
    ("PUT", "/config/a", {"defaultRuleSet": {"domainRules": [{}]}}, 42210),
    ("DELETE", "/contexts/.ctx", None, 42211),
    ("POST", "/associations", {}, 42212),
]


def name_of(value: Any) -> str | None:
    """Paths and methods name the tests, bodies do not."""
    return value if isinstance(value, str) and len(value) < 120 else ""


@pytest.mark.parametrize(("method", "path", "body", "read", "expected"), ANSWERS, ids=name_of)
def test_the_row_is_answered(
    client: RegistryClient, method: str, path: str, body: Any, read: Read, expected: Any
) -> None:
    found = client.ask(method, path, body)
    assert found.status == (204 if expected is None else 207 if ":batch" in path else 200), found.text
    assert read(found.json) == expected


@pytest.mark.parametrize(("method", "path", "body", "number"), ERRORS, ids=name_of)
def test_the_error_has_its_number(client: RegistryClient, method: str, path: str, body: Any, number: int) -> None:
    found = client.ask(method, path, body)
    assert found.error == (int(str(number)[:3]), number), found.text[:500]
    assert sorted(found.json) == ["error_code", "message"]


def test_the_table_has_every_route_and_method() -> None:
    asked = [one[:2] for one in ANSWERS] + [one[:2] for one in ERRORS]
    told = {
        (found.route.pattern.pattern, method)
        for method, path in asked
        if (found := find_route(path.partition("?")[0], method)) is not None
    }
    known = {(route.pattern.pattern, method) for route in ROUTES for method in route.resources}
    assert known - told == set()


def test_the_table_has_every_number_the_code_gives() -> None:
    shown_elsewhere = {40101, 40301}  # test_keys.py, test_managed.py
    folder = Path(hub.schema_registry.rest.__file__ or "").parents[1]
    files = [*folder.glob("*.py"), *(folder / "rest").glob("*.py")]
    given = {int(one) for file in files for one in re.findall(r"\b4(?:04|09|22|01|03)\d\d(?=,)", file.read_text())}
    assert given - {number for *_, number in ERRORS} - shown_elsewhere == set()
    assert len(given) > 20
