"""Names of subjects: `orders-value` in the default context, `:.moved:orders-value` in the context `.moved`."""

from __future__ import annotations

from hub.control.claims import DEFAULT_CONTEXT, context_of
from hub.control.governance import is_draft_context
from hub.schema_registry.errors import SchemaInvalid

EVERY_CONTEXT = ":*:"
GLOBAL = ""  # what the settings of all contexts stand under
_GLOBAL_NAMES = (":.__GLOBAL:", ":.:", "")


def context_name(text: str) -> str:
    """A context as written in a path (`moved`, `.moved`, `:.moved:`) as its name `.moved`."""
    bare = text.strip(":")
    return bare if bare.startswith(".") else f".{bare}"


def qualify(context: str, subject: str) -> str:
    """`subject` within `context`; one that names its own context keeps it."""
    if subject.startswith(":.:"):
        return subject[3:]
    if context == DEFAULT_CONTEXT or subject.startswith(":"):
        return subject
    return f":{context}:{subject}"


def bare_name(subject: str) -> str:
    """The name without its context."""
    return subject[1:].partition(":")[2] if subject.startswith(":.") else subject


def check_subject(subject: str) -> str:
    """`subject`, if something may be registered under it; raises `SchemaInvalid` (42208)."""
    name = bare_name(subject)
    if any(ord(one) < 32 or ord(one) == 127 for one in name) or name in ("__GLOBAL", "__EMPTY"):
        raise SchemaInvalid(42208, f"The specified subject '{subject}' is not a valid subject.")
    return subject


def settings_key(subject: str) -> str:
    """What the settings of `subject` stand under; a context may be named without its last colon."""
    if subject.startswith(":.") and ":" not in subject[2:]:
        subject += ":"
    return GLOBAL if subject in _GLOBAL_NAMES else subject


def scopes(subject: str) -> list[str]:
    """Whose settings hold for `subject`, the nearest first."""
    context = context_of(subject)
    middle = [] if context == DEFAULT_CONTEXT else [f":{context}:"]
    return list(dict.fromkeys([settings_key(subject), *middle, GLOBAL]))


class Prefix:
    """What subjects must begin with: a name in a context, or in all but those of drafts (`:*:name`)."""

    def __init__(self, text: str) -> None:
        self.context = None if text.startswith(EVERY_CONTEXT) else context_of(text)
        self.name = text.removeprefix(EVERY_CONTEXT) if self.context is None else bare_name(text.removeprefix(":.:"))

    def takes(self, subject: str) -> bool:
        """Whether `subject` begins so."""
        context = context_of(subject)
        if is_draft_context(context) if self.context is None else context != self.context:
            return False
        return bare_name(subject).startswith(self.name)
