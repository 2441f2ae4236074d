"""/config, /mode, and what clients ask about the server itself."""

from __future__ import annotations

from hub.schema_registry.config import echo, mode_of
from hub.schema_registry.configuring import configure, get_config, get_mode, reset_modes, set_mode
from hub.schema_registry.rest.documents import answered, config_document
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.store import SchemaStore

_VERSION = "8.2.0"


def show_config(store: SchemaStore, exchange: Exchange) -> Answer:
    found = get_config(store, _scope(exchange), default_to_global=exchange.flag("defaultToGlobal"))
    return answered(config_document(found))


def put_config(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered(echo(configure(store, _scope(exchange), exchange.document(), actor=exchange.actor)))


def remove_config(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered(config_document(configure(store, _scope(exchange), None, actor=exchange.actor)))


def show_mode(store: SchemaStore, exchange: Exchange) -> Answer:
    found = get_mode(store, _scope(exchange), default_to_global=exchange.flag("defaultToGlobal"))
    return answered({"mode": found})


def put_mode(store: SchemaStore, exchange: Exchange) -> Answer:
    """Set the mode; null takes it away."""
    wanted = exchange.document().get("mode")
    mode = None if wanted is None else mode_of(wanted)
    set_mode(store, _scope(exchange), mode, force=exchange.flag("force"), actor=exchange.actor)
    return answered({} if mode is None else {"mode": mode})


def remove_mode(store: SchemaStore, exchange: Exchange) -> Answer:
    if exchange.flag("recursive"):
        found = reset_modes(store, _scope(exchange), actor=exchange.actor)
        return answered({} if found is None else {"mode": found})
    return answered({"mode": set_mode(store, _scope(exchange), None, force=False, actor=exchange.actor)})


def show_root(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered({})


def show_cluster(store: SchemaStore, exchange: Exchange) -> Answer:
    clusters = {"kafka-cluster": "hub", "schema-registry-cluster": "schema-registry"}
    return answered({"scope": {"path": [], "clusters": clusters}, "id": ""})


def show_deployment(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered({"attributes": []})


def show_server(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered({"version": _VERSION, "commitId": ""})


def _scope(exchange: Exchange) -> str:
    if exchange.parts.get("subject"):
        return exchange.subject
    return "" if exchange.context == "." else f":{exchange.context}:"
