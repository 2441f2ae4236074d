"""A `_schemas` topic in a log: read as a whole, and written so that another registry starts from it."""

from __future__ import annotations

from hub.log.interface import Log, NewRecord, Partition, Reader
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.errors import TopicTaken
from hub.schema_registry.transfer.standing import chunks
from hub.schema_registry.transfer.topic_format import fold_topic, records_of

_BATCH = 500


def read_topic(log: Reader, topic: str) -> Contents:
    """What the topic says up to its end now; raises `SourceUnreadable`, `TopicTaken`, `UnknownTopic`."""
    if log.partitions(topic) != 1:
        raise TopicTaken(f"{topic} has {log.partitions(topic)} partitions; the topic of a schema registry has one")
    partition = Partition(topic, 0)
    end = log.ends([partition])[partition]
    return fold_topic((one.offset, one.key, one.value) for one in log.read_range(partition, 0, end))


def write_topic(log: Log, topic: str, contents: Contents, *, force: bool = False) -> int:
    """Make the topic, which is there, hold `contents`; the number of records written, none for a repeat.

    Raises `TopicTaken` where it holds something else, unless `force` writes over it all the same.
    """
    found = read_topic(log, topic)
    other = None if force else _find_other(found, contents)
    if other is not None:
        raise TopicTaken(
            f"{topic} holds another registry: {other} stands there otherwise than here; name an empty topic, or "
            "--force to write over it"
        )
    missing = _missing(found, contents)
    for chunk in chunks(records_of(missing), _BATCH):
        log.append([NewRecord(topic, key, value, (), 0) for key, value in chunk])
    return len(missing.versions) + len(missing.configs) + len(missing.modes)


def _find_other(found: Contents, contents: Contents) -> str | None:
    """Something in the topic that is not so here."""
    for place, one in found.versions.items():
        if contents.versions.get(place) != one:
            return str(one)
    for name, theirs, ours in (("settings", found.configs, contents.configs), ("mode", found.modes, contents.modes)):
        for key, value in theirs.items():
            if ours.get(key) != value:
                return f"{name} of {key or 'all'}"
    return None


def _missing(found: Contents, contents: Contents) -> Contents:
    return Contents(
        {place: one for place, one in contents.versions.items() if found.versions.get(place) != one},
        {key: value for key, value in contents.configs.items() if found.configs.get(key) != value},
        {key: value for key, value in contents.modes.items() if found.modes.get(key) != value},
    )
