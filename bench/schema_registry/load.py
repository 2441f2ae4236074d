"""The load: requests of one kind from client processes of their own, the same for every registry."""

from __future__ import annotations

import base64
import http.client
import json
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
CLIENTS = {"list": 1, "register": 16}
_CLIENTS = 4


@dataclass(frozen=True, slots=True)
class Target:
    """A registry that runs. `ids` tells under which id each free subject stands; the key is shown where asked for."""

    address: str
    mount: str
    ids: Mapping[str, int] = field(default_factory=dict, repr=False)
    managed: Sequence[tuple[str, int]] = ()
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of one kind; `turn` makes the subjects of repeated registrations differ."""

    kind: str
    subjects: Sequence[str]
    ids: Sequence[int]
    turn: int

    def request(self, client: int, step: int) -> tuple[str, str, str | None]:
        """Method, path and body of one request."""
        place = (step * 7919 + client * 104729) % len(self.subjects)
        match self.kind:
            case "by_id":
                return "GET", f"/schemas/ids/{self.ids[place]}", None
            case "latest":
                return "GET", f"/subjects/{self.subjects[place]}/versions/latest", None
            case "look_up":
                number = int(self.subjects[place].removeprefix("s").removesuffix("-value"))
                return "POST", f"/subjects/{self.subjects[place]}", json.dumps({"schema": schema(number)})
            case "list":
                return "GET", "/subjects", None
        body = json.dumps({"schema": schema(step, f"new{self.turn}x{client}x")})
        return "POST", f"/subjects/new-{self.turn}-{client}-{step}/versions", body


def schema(number: int, field: str = "value") -> str:
    """A schema of a few fields, different for each number."""
    fields = [{"name": f"{field}{number}", "type": "string", "doc": "A text."}, {"name": "at", "type": "long"}]
    return json.dumps({"type": "record", "name": "Event", "namespace": "bench", "fields": fields})


def subject(number: int) -> str:
    """The name of a free subject."""
    return f"s{number}-value"


def measure(target: Target, question: str, *, turn: int, seconds: float) -> float:
    """Requests a second. A question is a kind, with `_managed` about managed subjects, with `_key` showing a key."""
    kind = question.removesuffix("_key").removesuffix("_managed")
    pairs = target.managed if "_managed" in question else list(target.ids.items())
    load = Load(kind, [name for name, _ in pairs], [number for _, number in pairs], turn)
    key = target.key if question.endswith("_key") else ""
    with multiprocessing.Pool(CLIENTS.get(kind, _CLIENTS)) as pool:
        began = time.monotonic()
        calls = [(target, load, client, key, seconds) for client in range(CLIENTS.get(kind, _CLIENTS))]
        answered = pool.starmap(_run, calls)
        return round(sum(answered) / (time.monotonic() - began), 1)


def _run(target: Target, load: Load, client: int, key: str, seconds: float) -> int:
    """How many requests one client got answered."""
    headers = {"Content-Type": _MEDIA_TYPE}
    if key:
        headers["Authorization"] = "Basic " + base64.b64encode(key.encode()).decode()
    connection = http.client.HTTPConnection(target.address, timeout=120)
    answered, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        method, path, body = load.request(client, answered)
        connection.request(method, target.mount + path, body, headers)
        reply = connection.getresponse()
        text = reply.read()
        assert reply.status == 200, (reply.status, path, text[:300])
        answered += 1
    return answered
