"""The web server as it runs: what it makes of names in paths, of slashes, methods, bodies and types."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.schema_registry.client import optional, record
from tests.schema_registry.serving import served

V1 = record("name")
V2 = record("name", optional("mail"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("server"), workers=1) as found:
        yield found


def ask(address: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    """Status, JSON and headers; the path is sent as it is."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
    connection.request(method, parts.path + path, sent, {name.replace("_", "-"): one for name, one in headers.items()})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None, answer.headers


def schema(value: Any) -> dict[str, str]:
    return {"schema": json.dumps(value)}


NAMES = ("sub/ject", "a b", "tiếng việt", "x:y", "a%2Fb", "a/metadata", "q?x=1", "plus+plus", "#", "/begin", "end/")


WAYS = [(name, safe) for name in NAMES for safe in ("", ":", "/:") if safe != "/:" or name.strip("/") == name]


@pytest.mark.parametrize(("name", "safe"), WAYS)
def test_a_name_is_kept_however_a_client_encodes_it(address: str, name: str, safe: str) -> None:
    path = f"/subjects/{quote(name, safe=safe)}"
    assert ask(address, "POST", f"{path}/versions", schema(V1))[0] == 200
    assert ask(address, "GET", f"{path}/versions/latest")[1]["subject"] == name
    assert ask(address, "POST", path, schema(V1))[1]["subject"] == name
    assert ask(address, "GET", f"{path}/versions")[1] == [1]
    assert name in ask(address, "GET", f"/subjects?subjectPrefix={quote(name, safe='')}")[1]
    check = ask(address, "POST", f"/compatibility{path}/versions/latest", schema(V2))[1]
    assert check == {"is_compatible": True}
    assert ask(address, "PUT", f"/config/{quote(name, safe=safe)}", {"compatibility": "FULL"})[0] == 200
    assert ask(address, "GET", f"/config/{quote(name, safe=safe)}")[1] == {"compatibilityLevel": "FULL"}


@pytest.mark.parametrize("name", ["a/versions", "a/versions/1", "a/versions/1/tags"])
def test_a_name_that_could_be_taken_for_a_path_is_refused(address: str, name: str) -> None:
    status, found, _ = ask(address, "POST", f"/subjects/{quote(name, safe='')}/versions", schema(V1))
    assert (status, found["error_code"]) == (422, 42208)
    assert "choose another one" in found["message"]


def test_a_head_request_has_the_headers_and_no_body(address: str) -> None:
    status, body, headers = ask(address, "HEAD", "/subjects")
    assert (status, body, headers["Content-Type"]) == (200, None, "application/vnd.schemaregistry.v1+json")


def test_a_body_of_any_declared_type_is_read_as_json(address: str) -> None:
    for number, kind in enumerate(("application/octet-stream", "text/plain", "application/vnd.schemaregistry.v1+json")):
        sent = {**schema(V1), "unknown": {"member": 1}}
        assert ask(address, "POST", f"/subjects/typed{number}/versions", sent, Content_Type=kind)[0] == 200


def test_a_body_in_chunks_is_read(address: str) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    text = json.dumps(schema(V1)).encode()
    connection.request(
        "POST", f"{parts.path}/subjects/chunked/versions", iter([text[:9], text[9:]]), encode_chunked=True
    )
    assert connection.getresponse().status == 200
    connection.close()


def test_errors_of_routes_and_methods_are_json_here_too(address: str) -> None:
    assert ask(address, "GET", "/nothing")[1] == {"error_code": 404, "message": "HTTP 404 Not Found"}
    assert ask(address, "DELETE", "/schemas/types")[1] == {"error_code": 405, "message": "HTTP 405 Method Not Allowed"}
    assert ask(address, "POST", "/subjects/a/versions", b"{")[1]["error_code"] == 400
