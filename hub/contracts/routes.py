"""Contracts over HTTP: `/governance/v1/registries/<registry>/contract` and `/asyncapi.json`, for anyone to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from flask import Blueprint, Response, request

from hub.contracts.asyncapi import asyncapi_document
from hub.contracts.elements import Json
from hub.contracts.errors import RegistryUnknown
from hub.contracts.facts import HubFacts
from hub.contracts.odcs import contract_document, contract_text
from schemas.definition import Definition

YAML, JSON = "application/yaml", "application/json"


@dataclass(frozen=True, slots=True)
class ContractContext:
    """`facts` gives what is known here now, `refresh` the newest there is, asked where a registry is missed."""

    facts: Callable[[], HubFacts]
    refresh: Callable[[], HubFacts]


def create_blueprint(context: ContractContext) -> Blueprint:
    """The addresses of contracts."""
    blueprint = Blueprint("contracts", __name__)
    texts = KeptTexts()

    @blueprint.get("/governance/v1/registries/<registry>/contract")
    def contract(registry: str) -> Response:
        definition, facts = _find(context, registry)
        wanted = request.accept_mimetypes.best_match([YAML, JSON], default=YAML) or YAML
        write = _json if wanted == JSON else contract_text
        text = texts.get((registry, wanted), facts, lambda: write(contract_document(definition, facts)))
        return _answer(text, wanted)

    @blueprint.get("/asyncapi.json")
    def asyncapi() -> Response:
        facts = context.facts()
        return _answer(texts.get(("", JSON), facts, lambda: _json(asyncapi_document(facts))), JSON)

    blueprint.after_request(_open_to_all)
    return blueprint


class KeptTexts:
    """Texts that hold until the control log goes on; to write one takes longer than to answer a hundred."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, str]] = {}

    def get(self, name: tuple[str, str], facts: HubFacts, write: Callable[[], str]) -> str:
        """The text of this name as of the state in `facts`."""
        offset, text = self._kept.get(name, (-1, ""))
        if offset != facts.state.offset:
            text = write()
            self._kept[name] = facts.state.offset, text
        return text


def _find(context: ContractContext, registry: str) -> tuple[Definition, HubFacts]:
    facts = context.facts()
    if registry not in facts.state.definitions:
        facts = context.refresh()
    if registry not in facts.state.definitions:
        raise RegistryUnknown(registry, known=facts.state.definitions)
    return facts.state.definitions[registry], facts


def _json(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False)


def _answer(text: str, media_type: str) -> Response:
    """The text with the ETag of its bytes; 304 where the reader has it."""
    body = text.encode()
    response = Response(body, content_type=media_type)
    response.set_etag(blake2b(body, digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept"
    response.make_conditional(request)
    return response


def _open_to_all(response: Response) -> Response:
    """Lets programs in browsers read what anyone may read."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match, Accept"
    return response
