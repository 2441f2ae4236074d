"""/governance/v1/subjects: whose a schema is, what changed, who uses it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, text

from hub.governance.usage import WriterCounts, read_usage
from hub.registries.snapshots import open_snapshot
from tests.governance.office import V1, ZONE, Office
from tests.governance.town import SUBJECT, schema_with
from tests.workload import CULTURE, SPACE, TOURISM, Told, registered


def approve(office: Office, *schemas: str, **more: Any) -> None:
    """Have schemas approved, by an administrator who overrules."""
    number = office.proposed(*schemas)
    office.rehearse(number)
    document = {"reason": "For the test.", "overrule": True, **more}
    office.post(f"/proposals/{number}/approval", document, by="administrator")


def listed(number: int) -> Told:
    """A place that the tourism office lists."""
    fields = {"code": f"p{number}", "name": "Một nơi", "seats": 3}
    return Told(f"listed-{number}", "PlaceListed", f"p{number}", fields, registered(1, "p").valid_from, TOURISM)


def test_a_subject_tells_owner_contact_classes_and_level(office: Office) -> None:
    approve(office, schema_with(added="motto", seats={"class": "restricted"}))
    told = office.get(f"/subjects/{SUBJECT}")
    assert (told["owner"]["department"], told["owner"]["organisation"]) == ("culture", "H57.15")
    assert (told["contact"], told["registries"], told["managed"]) == ("culture@hue.example", ["places"], True)
    assert (told["classes"]["name"], told["classes"]["seats"]) == ("open", "restricted")
    assert (told["level"], told["levelIsOwn"]) == ("BACKWARD_TRANSITIVE", False)
    assert [one["version"] for one in told["versions"]] == [1, 2]


def test_the_governed_subjects_are_listed_by_registry_and_prefix(office: Office) -> None:
    names = [one["subject"] for one in office.get("/subjects?registry=places")["subjects"]]
    assert len(names) == 8 and SUBJECT in names
    assert [one["subject"] for one in office.get(f"/subjects?prefix={SPACE}.PlaceC")["subjects"]] == [
        f"{SPACE}.PlaceChanged",
        f"{SPACE}.PlaceClosed",
    ]
    assert office.get("/subjects?registry=rivers")["subjects"] == []


def test_a_subject_that_is_misspelt_is_told_the_near_one(office: Office) -> None:
    told = office.get(f"/subjects/{SUBJECT}s", status=404)
    assert told["code"] in ("unknown-subject", "subject-unknown")
    assert SUBJECT in told["detail"]


def test_a_free_subject_has_versions_and_no_owner(office: Office) -> None:
    schema = {"type": "record", "name": "Note", "fields": [{"name": "text", "type": "string"}]}
    office.ask("POST", "/schema-registry/subjects/notes-value/versions", {"schema": json.dumps(schema)})
    told = office.get("/subjects/notes-value")
    assert (told["managed"], told["owner"], told["level"]) == (False, None, "BACKWARD")
    assert [one["version"] for one in told["versions"]] == [1]


def test_the_difference_of_two_versions_has_a_verdict_for_each_level(office: Office) -> None:
    approve(office, schema_with(added="motto"))
    told = office.get(f"/subjects/{SUBJECT}/difference?from=1&to=2")
    assert (told["from"], told["to"]) == (1, 2)
    (change,) = told["changes"]
    assert change["path"].startswith("/fields/9")
    assert change["verdicts"]["FULL_TRANSITIVE"] is True
    assert office.get(f"/subjects/{SUBJECT}/difference") == told


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?from=1&to=9", 404), ("?from=1&to=one", 404)])
def test_a_difference_from_nothing_is_refused(office: Office, query: str, status: int) -> None:
    office.get(f"/subjects/{SUBJECT}/difference{query}", status=status)


def test_usage_names_writers_by_version_with_their_events(office: Office) -> None:
    office.tell([registered(1, "p1"), registered(2, "p2")])
    office.tell([listed(3)])
    told = office.get(f"/subjects/{SUBJECT}/usage")
    assert told["registries"] == ["places"]
    (writer,) = told["writers"]
    assert (writer["source"], writer["topic"], writer["version"]) == (CULTURE, "culture.places.v1", 1)
    assert (writer["events"], writer["firstEntry"], writer["department"]) == (2, 1, "culture")


def test_usage_names_consumers_and_keys_last_seen_without_persons(office: Office) -> None:
    office.declare_map()
    schema_id = office.store.state.subjects[SUBJECT][0].id
    office.ask("GET", f"/schema-registry/subjects/{SUBJECT}/versions/latest", by="reviewer")
    office.ask("GET", f"/schema-registry/schemas/ids/{schema_id}", by="producer")
    office.ask("GET", f"/schema-registry/subjects/{SPACE}.PlaceClosed/versions/latest", by="custodian")
    told = office.get(f"/subjects/{SUBJECT}/usage")
    assert [one["consumer"] for one in told["consumers"]] == ["map"]
    seen = {one["keyId"]: (one["role"], one["organisation"]) for one in told["lastSeen"]}
    assert seen == {
        office.key_ids["reviewer"]: ("reviewer", "H57.20"),
        office.key_ids["producer"]: ("producer", "H57.16"),
    }
    assert "reader" not in json.dumps(told["lastSeen"])


def test_who_asks_without_a_key_or_for_what_is_not_there_is_not_noted(office: Office) -> None:
    office.ask("GET", f"/schema-registry/subjects/{SUBJECT}/versions/latest")
    office.ask("GET", f"/schema-registry/subjects/{SUBJECT}/versions/7", by="reviewer")
    assert office.get(f"/subjects/{SUBJECT}/usage")["lastSeen"] == []


def test_usage_takes_two_statements_for_a_registry_and_one_for_sightings(office: Office) -> None:
    office.tell([registered(number, f"p{number}") for number in range(1, 30)])
    state, counts, taken = office.store.state, WriterCounts(), []
    for _ in range(2):
        statements: list[str] = []
        with open_snapshot(office.hub.engine) as connection:
            traced: Any = connection.connection.driver_connection
            traced.set_trace_callback(statements.append)
            read_usage(connection, state, SUBJECT, counts=counts, zone=ZONE)
            traced.set_trace_callback(None)
        taken.append(len([one for one in statements if one.lstrip().startswith("SELECT")]))
    assert taken == [3, 2]  # the counts are kept until the registry has a new entry


def test_only_entries_that_came_since_are_counted(office: Office) -> None:
    counts = WriterCounts()

    def told(of: WriterCounts) -> Any:
        with open_snapshot(office.hub.engine) as connection:
            return read_usage(connection, office.store.state, SUBJECT, counts=of, zone=ZONE).writers

    office.tell([registered(number, f"p{number}") for number in range(1, 5)])
    first = told(counts)
    assert [(one.events, one.first_entry, one.last_entry) for one in first] == [(4, 1, 4)]
    office.tell([registered(number, f"p{number}") for number in range(5, 8)])
    with office.hub.engine.begin() as connection:  # what was counted once is not looked at again
        (entries,) = [
            name for name in inspect(connection).get_table_names() if name.endswith("_entries") and "places" in name
        ]
        connection.execute(text(f"UPDATE {entries} SET recorded_at = 0 WHERE number = 1"))
    grown = told(counts)
    assert [(one.events, one.first_entry, one.last_entry) for one in grown] == [(7, 1, 7)]
    assert grown[0].first_recorded_at == first[0].first_recorded_at
    assert told(WriterCounts())[0].first_recorded_at == 0


def test_a_version_is_deprecated_by_who_writes_it_and_that_is_told(office: Office) -> None:
    office.tell([registered(1, "p1")])
    until = (date.today() + timedelta(days=400)).isoformat()  # noqa: DTZ011
    document = {"until": until, "reason": "Version 2 is coming."}
    told = office.post(f"/subjects/{SUBJECT}/versions/1/deprecation", document, by="custodian")
    assert [one["source"] for one in told["writers"]] == [CULTURE]
    (version,) = office.get(f"/subjects/{SUBJECT}")["versions"]
    assert version["deprecated"] == {"until": until, "reason": "Version 2 is coming."}
    lifted = {"until": None, "reason": "Not after all."}
    office.post(f"/subjects/{SUBJECT}/versions/1/deprecation", lifted, by="custodian")
    assert office.get(f"/subjects/{SUBJECT}")["versions"][0]["deprecated"] is None


def test_a_deprecation_needs_a_key_a_day_and_a_version_that_is_there(office: Office) -> None:
    path, document = f"/subjects/{SUBJECT}/versions/1/deprecation", {"until": "2090-01-01", "reason": "Old."}
    office.post(path, document, status=401)
    office.post(path, document, by="reviewer", status=403)
    office.post(path, document | {"until": "next year"}, by="custodian", status=400)
    office.post(f"/subjects/{SUBJECT}/versions/5/deprecation", document, by="custodian", status=404)


def test_answers_are_open_to_programs_in_browsers(office: Office) -> None:
    answer = office.ask("GET", f"{V1}/subjects")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    asked = office.client.options(f"{V1}/proposals", headers={"Origin": "https://elsewhere.example"})
    assert "POST" not in asked.headers["Access-Control-Allow-Methods"]


def test_the_difference_of_a_free_subject_with_references_is_told(office: Office) -> None:
    place = {"type": "record", "name": "org.example.Spot", "fields": [{"name": "lon", "type": "double"}]}
    office.ask("POST", "/schema-registry/subjects/spot/versions", {"schema": json.dumps(place)})
    references = [{"name": "org.example.Spot", "subject": "spot", "version": 1}]
    fields: list[dict[str, Any]] = [{"name": "at", "type": "org.example.Spot"}]
    for _ in range(2):
        trip = {"type": "record", "name": "org.example.Trip", "fields": fields}
        document = {"schema": json.dumps(trip), "references": references}
        answer = office.ask("POST", "/schema-registry/subjects/trip/versions", document)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        fields = [*fields, {"name": "by", "type": "string", "default": ""}]
    (change,) = office.get("/subjects/trip/difference?from=1&to=2")["changes"]
    assert change["path"] == "/fields/1"


def test_a_database_that_does_not_answer_is_told_as_that(office: Office) -> None:
    with office.hub.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE schema_versions")
    told = office.get(f"/subjects/{SUBJECT}", status=503)
    assert told["code"] == "database-unavailable"
