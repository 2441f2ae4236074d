"""The portal's front page: what this is, the registries as they stand, the departments, where to read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from hub.api.context import ApiContext
from hub.api.described import links
from hub.api.errors import ParameterInvalid
from hub.api.parameters import Parameters
from hub.control.state import ControlState
from hub.portal.words import LANGUAGES, WORDS, cadence_text, grouped
from hub.registries.freshness import RegistryStanding, freshness_of, read_standing
from hub.registries.live import find_live
from hub.registries.snapshots import open_snapshot
from schemas.definition import Definition, Text
from schemas.times import from_micros

DOCUMENTATION = "/api/v1"


@dataclass(frozen=True, slots=True)
class Card:
    """One registry as the page shows it."""

    registry: str
    title: str
    other_title: str
    description: str
    records: str
    custodian: str
    heard: str | None
    cadence: str
    freshness: str
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One department as the page shows it."""

    name: str
    other_name: str
    registries: str
    events: str
    heard: str | None


Standings = dict[str, tuple[Definition, RegistryStanding | None]]


def create_blueprint(context: ApiContext) -> Blueprint:
    """The route of `/`, and its style sheet."""
    blueprint = Blueprint(
        "portal", __name__, template_folder="templates", static_folder="static", static_url_path="/portal"
    )
    blueprint.add_url_rule("/", endpoint="front", view_func=lambda: _front(context), methods=["GET"])
    return blueprint


def _front(context: ApiContext) -> Response:
    language = chosen_language(context)
    other = next(one for one in LANGUAGES if one != language)
    state = context.control()
    standings = _standings(context, state)
    page = render_template(
        "portal/front.html",
        language=language,
        other=other,
        words=WORDS[language],
        title=_in(context.title, language),
        other_title=_in(context.title, other),
        base_url=context.base_url,
        numbers=_numbers(state, standings, language),
        cards=[_card(context, state, one, language=language) for one in standings.values()],
        lines=list(_lines(context, state, standings, language=language)),
        documentation=DOCUMENTATION,
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self'"
    return response


def chosen_language(context: ApiContext) -> str:
    """What `lang` says, else what the browser prefers, else Vietnamese."""
    given = Parameters(request.args, known=("lang",), zone=context.zone).text("lang")
    if given is None:
        return request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0]) or LANGUAGES[0]
    if given not in LANGUAGES:
        raise ParameterInvalid("lang", f"lang={given} is not one of {', '.join(LANGUAGES)}")
    return given


def _in(text: Text, language: str) -> str:
    return text.vi if language == "vi" else text.en


def _standings(context: ApiContext, state: ControlState) -> Standings:
    found: Standings = {}
    with open_snapshot(context.engine) as connection:
        for name, definition in sorted(state.definitions.items()):
            live = find_live(connection, definition)
            found[name] = (definition, read_standing(connection, live) if live else None)
    return found


def _numbers(state: ControlState, standings: Standings, language: str) -> list[tuple[str, str]]:
    heard = [standing for _, standing in standings.values() if standing is not None]
    words = WORDS[language]
    counted = {
        "registries_total": len(standings),
        "departments_total": len(state.departments),
        "records_total": sum(one.records for one in heard),
        "entries_total": sum(one.live.last_entry for one in heard),
    }
    return [(grouped(number, language), words[name]) for name, number in counted.items()]


def _card(
    context: ApiContext, state: ControlState, standing: tuple[Definition, RegistryStanding | None], *, language: str
) -> Card:
    definition, stands = standing
    heard = stands.last_heard_at if stands else None
    custodian = state.departments.get(definition.custodian)
    name = definition.custodian
    if custodian is not None:
        name = _in(Text(custodian.name_vi, custodian.name_en), language)
    other = "en" if language == "vi" else "vi"
    return Card(
        registry=definition.registry,
        title=_in(definition.title, language),
        other_title=_in(definition.title, other),
        description=_in(definition.description, language),
        records=grouped(stands.records if stands else 0, language),
        custodian=name,
        heard=_clock(context, heard, language),
        cadence=cadence_text(definition.cadence_s, language),
        freshness=freshness_of(definition, heard, now=context.now()),
        links=links("", definition.registry),
    )


def _lines(context: ApiContext, state: ControlState, standings: Standings, *, language: str) -> Iterable[Line]:
    """Departments, those heard last first."""
    heard: dict[str, list[Any]] = {code: [] for code in state.departments}
    for definition, standing in standings.values():
        for source in standing.sources if standing else ():
            if source.department in heard:
                heard[source.department].append((definition, source))
    last = {code: max((one.last_recorded_at for _, one in found), default=None) for code, found in heard.items()}
    for code in sorted(heard, key=lambda one: (-(last[one] or 0), one)):
        department = state.departments[code]
        name = Text(department.name_vi, department.name_en)
        titles = dict.fromkeys(_in(definition.title, language) for definition, _ in heard[code])
        yield Line(
            name=_in(name, language),
            other_name=_in(name, "en" if language == "vi" else "vi"),
            registries=" · ".join(titles),
            events=grouped(sum(one.events for _, one in heard[code]), language),
            heard=_clock(context, last[code], language),
        )


def _clock(context: ApiContext, micros: int | None, language: str) -> str | None:
    """An instant as people of this place write it."""
    if micros is None:
        return None
    moment = from_micros(micros).astimezone(context.zone)
    return moment.strftime("%H:%M, %d/%m/%Y" if language == "vi" else "%d %b %Y, %H:%M")
