"""A question for records, as far as it does not depend on tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.registries.errors import QueryInvalid, UnknownField
from hub.registries.filters import KEY, Condition
from hub.registries.live import LiveBuild
from hub.registries.pins import AsOf
from hub.registries.places import Area
from hub.registries.tables import field_column
from hub.registries.vietnamese import words
from schemas.avro import Field

MAX_LIMIT = 1000
MAX_WORDS = 10


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to sort by."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class RecordsQuestion:
    """Which records, in which order, how many at a time. `words` are searched; `fields` None means all open ones."""

    conditions: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    words: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()
    fields: tuple[str, ...] | None = None
    limit: int = 100
    count: bool = True
    valid_at: int | None = None
    as_of: AsOf | None = None
    cursor: str | None = None

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the SQL of its conditions depends on."""
        return (
            tuple(one.shape for one in self.conditions),
            len(self.words),
            tuple(one.shape for one in self.areas),
        )

    @property
    def identity(self) -> str:
        """What a cursor is bound to: everything but how much is shown at a time."""
        asked = [(one.field.name, one.operator, one.values) for one in self.conditions]
        order = [(one.field.name, one.descending) for one in self.sort]
        return repr((sorted(asked, key=repr), order, self.words, self.areas, self.valid_at, self.as_of))


def queryable_field(live: LiveBuild, name: str, parameter: str) -> Field:
    """The open field `name`, or the key; raises `UnknownField` and, where it has no column, `QueryInvalid`."""
    if name == KEY.name:
        return KEY
    field = live.open_fields.get(name)
    if field is None:
        raise UnknownField(parameter, name, known=[KEY.name, *live.open_fields])
    if field_column(name) not in live.columns:
        message = f"{name} is of kind {field.kind}, or new and not yet there: it can be read, not asked"
        raise QueryInvalid(parameter, message)
    return field


def sort_keys(live: LiveBuild, text: str) -> tuple[SortKey, ...]:
    """The sort keys of `-price,name`; raises `UnknownField` or `QueryInvalid`."""
    keys = []
    for part in text.split(","):
        name = part.strip().removeprefix("-")
        keys.append(SortKey(_sortable(live, name), part.strip().startswith("-")))
    if len({key.field.name for key in keys}) < len(keys):
        raise QueryInvalid("sort", "a field stands twice in the sort")
    return tuple(keys)


def _sortable(live: LiveBuild, name: str) -> Field:
    allowed = [KEY.name, *(one for one in live.definition.sortable if one in live.open_fields)]
    if name not in allowed:
        raise UnknownField("sort", name, known=allowed)
    return queryable_field(live, name, "sort")


def shown_fields(live: LiveBuild, text: str) -> tuple[str, ...]:
    """The fields of `name,seats`; raises `UnknownField`."""
    names = [one.strip() for one in text.split(",")]
    for name in names:
        if name != KEY.name and name not in live.open_fields:
            raise UnknownField("fields", name, known=[KEY.name, *live.open_fields])
    return tuple(dict.fromkeys(names))


def search_words(live: LiveBuild, text: str) -> tuple[str, ...]:
    """The words of `text`; raises `QueryInvalid` where there is none, or this registry is not searched."""
    if not any(name in live.open_fields for name in live.definition.search):
        raise QueryInvalid("q", f"{live.registry} has no open field that is searched")
    found = words(text)
    if not found:
        raise QueryInvalid("q", f"{text!r} holds no word")
    if len(found) > MAX_WORDS:
        raise QueryInvalid("q", f"up to {MAX_WORDS} words are searched, {len(found)} were given")
    return tuple(dict.fromkeys(found))


def project(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The fields `names` of `record`, after its key."""
    return {"key": record["key"]} | {name: record[name] for name in names if name in record}
