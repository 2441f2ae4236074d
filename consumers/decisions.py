"""Decisions on dead letters, as the control log tells them, written to the letters."""

from __future__ import annotations

from sqlalchemy import Engine, select, update

from consumers.builds import OpenBuild
from hub.control.state import ControlState
from hub.registries.tables import dead_letters

_AT_ONCE = 1000


def note_decisions(engine: Engine, build: OpenBuild, state: ControlState) -> int:
    """Give the open letters of `build` the status decided for them; how many changed."""
    decided = {place for place in state.decisions if place[0] == build.registry}
    if not decided:
        return 0
    letters = dead_letters.c
    mine = (letters.registry == build.registry) & (letters.build == build.number) & (letters.status == "open")
    changed = 0
    with engine.begin() as connection:
        rows = connection.execute(select(letters.topic, letters.partition, letters.offset).where(mine)).all()
        for topic, partition, offset in rows:
            decision = state.decisions.get((build.registry, topic, partition, offset))
            if decision is None:
                continue
            place = (letters.topic == topic) & (letters.partition == partition) & (letters.offset == offset)
            connection.execute(
                update(dead_letters).where(mine, place).values(status=decision.decision, status_note=decision.note)
            )
            changed += 1
    return changed
