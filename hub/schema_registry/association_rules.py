"""Whether associations may stand: the rules of Confluent's registry (8.3) about who owns a subject, what is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.control.claims import ASSOCIATIONS
from hub.schema_registry.associations import STRONG, WEAK, Association, AssociationFilter, list_associations
from hub.schema_registry.errors import AssociationConflict, AssociationInvalid, Incompatible, NotPermitted
from hub.schema_registry.lookups import objections, parse
from hub.schema_registry.populating import with_tags
from hub.schema_registry.reads import SubjectState
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.sameness import find_same
from hub.schema_registry.store import SchemaStore


@dataclass(frozen=True, slots=True)
class Resource:
    """What is described: a topic. `id` is None only where nothing is written."""

    name: str
    namespace: str
    id: str | None
    type: str

    def own_subject(self, association_type: str) -> str:
        """The subject that bears the resource's name."""
        return f":.{self.namespace}:{self.name}-{association_type}"


@dataclass(frozen=True, slots=True)
class Wish:
    """One association as a client asks for it; None where it is silent."""

    association_type: str
    subject: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: SchemaRequest | None = None


def check_writable(store: SchemaStore, state: SubjectState) -> None:
    """Raises `Forbidden`, `NotPermitted` where nothing about the subject may be written."""
    store.check_free(state)
    if state.mode in ("READONLY", "READONLY_OVERRIDE"):
        raise NotPermitted(42205, f"Subject {state.subject} is in read-only mode")


class Decision:
    """Whether the wishes may stand, on the state of this moment."""

    def __init__(self, store: SchemaStore, resource: Resource, wishes: Sequence[Wish], *, creates: bool) -> None:
        self.store = store
        self.resource = resource
        self.creates = creates
        self.asked = wishes
        self.wishes: list[Wish] = []
        self.standing: set[str] = set()
        self.existing = {one.association_type: one for one in self._existing()}
        self.also = [ASSOCIATIONS]
        self.states: list[SubjectState] = []

    def decide(self) -> Decision:
        """Raises what objects; otherwise `wishes` say everything and `standing` which of them are so already."""
        for wish in self.asked:
            old = self.existing.get(wish.association_type)
            self.wishes.append(self._completed(wish if old or self.creates else made_new(wish, creates=False), old))
        self.also += [str(one.subject) for one in self.wishes]
        self.states = [self.store.state(str(one.subject), self.also) for one in self.wishes]
        for wish, state in zip(self.wishes, self.states, strict=True):
            check_writable(self.store, state)
            self._check_wish(wish, state, self.existing.get(wish.association_type))
        self._check_one_lifecycle()
        for wish, state in zip(self.wishes, self.states, strict=True):
            self._check_subject(wish, state, self.existing.get(wish.association_type))
        return self

    def _existing(self) -> list[Association]:
        kind = self.resource.type
        if self.resource.id is not None:
            wanted = AssociationFilter(resource_id=self.resource.id, resource_type=kind)
            return list_associations(self.store.engine, wanted)
        wanted = AssociationFilter(
            resource_name=self.resource.name, resource_namespace=self.resource.namespace, resource_type=kind
        )
        found = list_associations(self.store.engine, wanted)
        newest = max(found, key=lambda one: (one.updated_at, one.created_at, one.resource_id), default=None)
        return [one for one in found if newest is not None and one.resource_id == newest.resource_id]

    def _completed(self, wish: Wish, old: Association | None) -> Wish:
        if wish.subject is None:
            if old is not None:
                wish = replace(wish, subject=old.subject)
            elif wish.lifecycle == STRONG:
                wish = replace(wish, subject=self.resource.own_subject(wish.association_type))
            else:
                raise AssociationInvalid("subject", "must be provided for WEAK associations")
        lifecycle = wish.lifecycle or (old.lifecycle if old is not None else None)
        if lifecycle is None:
            raise AssociationInvalid("lifecycle", "lifecycle must be set")
        own = self.resource.own_subject(wish.association_type)
        if lifecycle == WEAK and wish.schema is not None:
            raise AssociationInvalid("lifecycle", "cannot be WEAK when schema is provided")
        if lifecycle == WEAK and wish.subject == own:
            raise AssociationInvalid("subject", f"WEAK associations cannot use subject '{own}'")
        self._check_frozen(wish, old, lifecycle=lifecycle)
        return wish

    def _check_frozen(self, wish: Wish, old: Association | None, *, lifecycle: str) -> None:
        own = self.resource.own_subject(wish.association_type)
        frozen = old.frozen if old is not None else bool(wish.frozen)
        asked = frozen if wish.frozen is None else wish.frozen
        if asked != (lifecycle == STRONG):
            raise AssociationInvalid(
                "frozen", f"association with lifecycle of {lifecycle} cannot be frozen={str(asked).lower()}"
            )
        if frozen and wish.subject != own:
            raise AssociationInvalid("subject", f"frozen associations must use subject '{own}'")

    def _check_wish(self, wish: Wish, state: SubjectState, old: Association | None) -> None:
        if old is None:
            self._check_new(wish, state)
        elif _is_equal(wish, old):
            if self.creates and wish.schema is not None and not self._has_schema(state, wish.schema):
                raise self._exists(wish)
            self.standing.add(wish.association_type)
        elif self.creates:
            raise self._exists(wish)
        else:
            self._check_change(wish, old)

    def _check_new(self, wish: Wish, state: SubjectState) -> None:
        if state.mode == "IMPORT":
            return
        if not self.creates and wish.lifecycle == STRONG:
            raise AssociationInvalid(
                "lifecycle",
                "cannot be STRONG when creating an association; STRONG associations must be created with the topic",
            )
        if not wish.frozen:
            return
        if wish.schema is None:
            raise AssociationInvalid("schema", "schema must be provided when creating a frozen association")
        if state.active and (state.active[-1].version != 1 or not self._has_schema(state, wish.schema)):
            raise AssociationInvalid(
                "frozen", "cannot create a frozen association when schemas already exist in the subject"
            )

    def _check_change(self, wish: Wish, old: Association) -> None:
        if wish.lifecycle is None and wish.schema is None:
            raise AssociationInvalid("lifecycle", "at least lifecycle or schema must be provided for update")
        if wish.subject != old.subject:
            raise AssociationInvalid(
                "subject", f"subject of association cannot be changed from '{old.subject}' to '{wish.subject}'"
            )
        if wish.frozen is not None and wish.frozen != old.frozen:
            raise AssociationInvalid("frozen", "frozen attribute of association cannot be changed")
        if old.frozen:
            raise AssociationConflict(
                40908, f"The association of type  '{old.association_type}' is frozen for subject '{old.subject}'"
            )

    def _check_one_lifecycle(self) -> None:
        found = {kind: one.lifecycle for kind, one in self.existing.items()}
        found |= {one.association_type: one.lifecycle for one in self.wishes if one.lifecycle is not None}
        if len(set(found.values())) > 1:
            told = ", ".join(f"{kind}={lifecycle}" for kind, lifecycle in found.items())
            raise AssociationInvalid(
                "lifecycle", f"all associations for a resource must have the same lifecycle, but got {told}"
            )

    def _check_subject(self, wish: Wish, state: SubjectState, old: Association | None) -> None:
        if wish.schema is not None and state.mode == "IMPORT":
            raise AssociationInvalid("schema", f"cannot be provided while subject '{wish.subject}' is in IMPORT mode")
        if wish.schema is None and not state.active:
            raise AssociationConflict(40907, f"No active (non-deleted) version exists for subject '{wish.subject}'")
        others = [
            one
            for one in list_associations(self.store.engine, AssociationFilter(subject=state.subject))
            if old is None or (one.resource_id, one.association_type) != (old.resource_id, old.association_type)
        ]
        if (wish.lifecycle or (old.lifecycle if old else None)) == STRONG:
            if others:
                raise AssociationConflict(40904, f"An association already exists for subject '{wish.subject}'")
            self._check_unreferred(state)
        elif any(one.lifecycle == STRONG for one in others):
            raise AssociationConflict(40905, f"A strong association already exists for subject '{wish.subject}'")
        if wish.schema is not None and not self._has_schema(state, wish.schema):
            self._check_compatible(state, wish.schema)

    def _check_unreferred(self, state: SubjectState) -> None:
        named = {
            (wish.subject, one.subject)
            for wish in self.wishes
            for one in (wish.schema.references if wish.schema is not None else ())
        }
        if any(state.subject == to or state.subject.endswith(f":{to}") for _, to in named) or any(
            self.store.reads.list_referrers(state.subject, one.version) for one in state.versions
        ):
            raise NotPermitted(42206, f"One or more references exist to the schema {state.subject}.")

    def _check_compatible(self, state: SubjectState, request: SchemaRequest) -> None:
        given = parse(self.store, state, with_tags(state, request))
        reasons = objections(self.store, state, given, earlier=state.active[::-1])
        if reasons:
            raise Incompatible(state.subject, reasons)

    def _has_schema(self, state: SubjectState, request: SchemaRequest) -> bool:
        given = parse(self.store, state, with_tags(state, request))
        silent = request.metadata is None and request.rules is None
        return find_same(self.store.parser, state, given.content, any_metadata=silent, deleted=False) is not None

    def _exists(self, wish: Wish) -> AssociationConflict:
        return AssociationConflict(
            40903,
            f"An association of type '{wish.association_type}' already exists for resource '{self.resource.name}'",
        )


def made_new(wish: Wish, *, creates: bool) -> Wish:
    """The wish with what holds for an association that is not there yet; raises `AssociationInvalid`."""
    if wish.schema is not None and not creates:
        raise AssociationInvalid(
            "schema",
            "cannot be provided when adding an association to an existing topic; an association with a schema must "
            "be created with the topic",
        )
    if wish.schema is not None and wish.lifecycle == WEAK:
        raise AssociationInvalid("lifecycle", "cannot be WEAK when schema is provided")
    if wish.schema is not None and wish.frozen is False:
        raise AssociationInvalid("frozen", "cannot be false when a schema is provided")
    lifecycle = STRONG if wish.schema is not None else wish.lifecycle or WEAK
    frozen = lifecycle == STRONG
    if wish.frozen is not None and wish.frozen != frozen:
        raise AssociationInvalid(
            "frozen", f"association with lifecycle of {lifecycle} cannot be frozen={str(wish.frozen).lower()}"
        )
    return replace(wish, lifecycle=lifecycle, frozen=frozen)


def _is_equal(wish: Wish, old: Association) -> bool:
    return (
        wish.subject == old.subject
        and wish.lifecycle in (None, old.lifecycle)
        and (wish.frozen is None or wish.frozen == old.frozen)
    )
