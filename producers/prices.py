"""Prices: amounts in đồng as lists write them."""

from __future__ import annotations

import re
from typing import Any

from producers.errors import ValueRefused
from producers.rules import Apply, Cell

_VND = re.compile(
    r"(?P<amount>[0-9]{1,3}(?:[.,][0-9]{3})+|[0-9]+)\s*(?P<unit>vnd|vnđ|đồng|đ)?(?:\s*/\s*(?P<per>vé|người|lượt|khách))?"
    r"(?![0-9.,]*[0-9])\s*(?P<residue>.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_FREE = re.compile(r"miễn phí|không thu phí|free\Z", re.IGNORECASE)


def vnd(arguments: Any) -> Apply:
    """An amount in đồng: `20.000 VND` is 20000, `Miễn phí` is 0.

    `{residue: <field>}` keeps the text after the amount in that field, with a flag; without it such
    a cell is refused, as is one with two amounts (a range).
    """
    residue_field = (arguments or {}).get("residue")

    def apply(value: Any, cell: Cell) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _amount(value)
        amount, residue = _split_vnd(str(value).strip())
        if residue:
            _keep_residue(cell, residue, residue_field, value)
        return amount

    return apply


def _split_vnd(text: str) -> tuple[int, str]:
    if (free := _FREE.match(text)) is not None:
        return 0, text[free.end() :].strip()
    match = _VND.match(text)
    if match is None or (match["residue"].startswith(("-", "–")) and re.search(r"[0-9]", match["residue"])):
        raise ValueRefused("not-a-price", f"{text!r} is not one amount in VND", way_out="write it as 20.000 VND")
    return _amount(int(re.sub(r"[.,]", "", match["amount"]))), match["residue"].strip()


def _amount(number: int) -> int:
    if number < 0:
        raise ValueRefused("negative-price", f"{number} VND is less than nothing")
    return number


def _keep_residue(cell: Cell, residue: str, residue_field: str | None, value: Any) -> None:
    if residue_field is None:
        raise ValueRefused("price-with-text", f"{value!r} says more than an amount", way_out="name a residue field")
    cell.others[residue_field] = residue
    cell.flag("vnd", f"the text after the amount is kept in {residue_field}")
