"""JSON as Java's libraries write it: numbers as `Double.toString` has them, control characters in capitals."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|.)")
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7  # between these Java writes no exponent


def json_text(value: Any) -> str:
    """`value` as JSON without white space."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{json_text(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, float):
        return _float_text(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    return _ESCAPE.sub(lambda found: "\\u" + found[1][1:].upper() if len(found[1]) > 1 else found[0], quoted)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else ('"Infinity"' if value > 0 else '"-Infinity"')
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        return repr(value) if "e" not in repr(value) else f"{value:f}"
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, exponent = _scientific(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _scientific(value: float) -> str:
    """The shortest digits that name the number, with an exponent."""
    sign, digits = ("-", repr(value)[1:]) if value < 0 else ("", repr(value))
    whole, _, part = digits.partition(".")
    every = (whole + part).lstrip("0")
    exponent = len(whole) - 1 if whole != "0" else len(part.lstrip("0")) - len(part) - 1
    every = every.rstrip("0") or "0"
    return f"{sign}{every[0]}.{every[1:] or '0'}e{exponent}"
