"""A registry as a data contract of the Open Data Contract Standard, version 3.1.0.

Where the standard has one word and the hub two languages, the word holds the Vietnamese text and the custom
property of that name with `En` the English one. What the standard has no word for stands in custom properties,
so that `hub.contracts.odcs_import` makes the same definition and the same Avro schemas of it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from hub.contracts.definitions import DEFINITION, definition_values, duration_values
from hub.contracts.elements import Json, custom_list, without_empty
from hub.contracts.facts import HubFacts
from hub.contracts.records import event_object, record_object
from schemas.classes import CLASSES
from schemas.definition import Definition

API_VERSION = "v3.1.0"
# class -> who reads such fields
_READERS = {
    "open": "Ai cũng đọc được / Anyone",
    "shared": "Cơ quan nhà nước theo thỏa thuận / Public bodies under an agreement",
    "restricted": "Chỉ người có nhiệm vụ / Only those whose duty it is",
    "personal": "Dữ liệu cá nhân, theo luật / Personal data, as the law allows",
    "sensitive": "Dữ liệu cá nhân nhạy cảm, theo luật / Sensitive personal data, as the law allows",
}


def export_contract(definition: Definition, facts: HubFacts) -> str:
    """The contract of a registry as YAML."""
    return contract_text(contract_document(definition, facts))


def contract_text(document: Json) -> str:
    """A contract's plain values as YAML."""
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """YAML without anchors: the same list at two places is written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def contract_document(definition: Definition, facts: HubFacts) -> Json:
    """The contract of a registry as plain values."""
    return without_empty({
        "kind": "DataContract",
        "apiVersion": API_VERSION,
        "id": facts.contract_id(definition),
        "name": definition.title.vi,
        "version": str(definition.version),
        "status": "active",
        "tenant": facts.place,
        "dataProduct": definition.registry,
        "description": _description(definition, facts),
        "authoritativeDefinitions": _links(definition, facts),
        "schema": [record_object(definition), *_events(definition, facts)],
        "slaProperties": _service_levels(definition),
        "team": _team(definition, facts),
        "support": _support(definition, facts),
        "roles": _roles(definition),
        "servers": list(_servers(definition, facts)),
        "customProperties": _custom(definition),
    })  # fmt: skip


def _description(definition: Definition, facts: HubFacts) -> Json:
    records = f"{facts.registry_url(definition.registry)}/records"
    return {
        "purpose": definition.description.vi,
        "usage": f"{records} · {definition.licence} · {definition.attribution}",
        "limitations": "Chỉ trường lớp open được phục vụ cho mọi người; lược đồ sự kiện nêu mọi trường. / "
        "Only fields of class open are served to everyone; the events' schemas tell every field.",
        "customProperties": custom_list({"purposeEn": definition.description.en}),
    }


def _links(definition: Definition, facts: HubFacts) -> list[Json]:
    address = facts.registry_url(definition.registry)
    return [
        {"type": "businessDefinition", "url": address, "description": "The registry and how fresh it is"},
        {"type": "implementation", "url": f"{address}/schema", "description": "Its fields and Avro schemas"},
        {"type": "asyncapi", "url": f"{facts.base_url}/asyncapi.json", "description": "Its topics and messages"},
    ]


def _events(definition: Definition, facts: HubFacts) -> list[Json]:
    return [event_object(definition, rule, facts) for rule in definition.events.values()]


def _service_levels(definition: Definition) -> list[Json]:
    return [
        {
            "property": "frequency",
            **duration_values(definition.cadence_s),
            "description": "How often the custodian publishes",
        },
        {
            "property": "latency",
            **duration_values(definition.limit_s),
            "description": "After this time without news the registry counts as stale",
        },
    ]


def _team(definition: Definition, facts: HubFacts) -> Json:
    contact = facts.find_contact(definition.custodian)
    members = [{"username": contact, "role": "custodian"}] if contact and "@" in contact else None
    name = facts.department_name(definition.custodian)
    return without_empty({"name": definition.custodian, "description": name, "members": members})


def _support(definition: Definition, facts: HubFacts) -> list[Json]:
    contact = facts.find_contact(definition.custodian)
    if contact is None:
        return []
    channel = {"channel": facts.department_name(definition.custodian), "scope": "issues"}
    if "@" in contact:
        return [{**channel, "tool": "email", "url": f"mailto:{contact}"}]
    return [{**channel, "tool": "other", "description": contact}]


def _roles(definition: Definition) -> list[Json]:
    """One role for each class that a field of the events has."""
    used = {one.classification for schema in definition.schemas.values() for one in schema.fields.values()}
    return [{"role": f"{one}-reader", "access": "read", "description": _READERS[one]} for one in CLASSES if one in used]


def _servers(definition: Definition, facts: HubFacts) -> Iterator[Json]:
    """Where records are read and events written; `local` is a file of records, as `datacontract test` takes it."""
    address = facts.registry_url(definition.registry)
    yield _server("api", "api", "Records as JSON, page by page", location=f"{address}/records")
    yield _server("local", "local", "The records of all pages, one a line", path="./{model}.json", format="json")
    for topic in definition.topics:
        name = topic.replace(".", "-")
        yield _server(f"intake-{name}", "api", f"Takes events for {topic}", location=facts.topic_url(topic))
        if facts.log_servers:
            bootstrap = ",".join(facts.log_servers)
            server = _server(f"kafka-{name}", "kafka", f"Events of {topic}", host=bootstrap, format="avro")
            registry = {"topic": topic, "schemaRegistryUrl": facts.schema_registry_url}
            yield server | {"customProperties": custom_list(registry)}


def _server(name: str, kind: str, description: str, **rest: str) -> Json:
    return {"server": name, "type": kind, "description": description, **rest}


def _custom(definition: Definition) -> list[Json]:
    return custom_list({
        "nameEn": definition.title.en,
        "licence": definition.licence,
        "attribution": definition.attribution,
        DEFINITION: definition_values(definition),
    })  # fmt: skip
