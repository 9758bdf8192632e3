"""Exact numbers with units, as rule books write them: `600000 persons`, `25 bn USD`, `50 %`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

EXACT = Context(prec=400, Emax=999_999, Emin=-999_999, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""Sums and products of accepted numbers (30 digits either side of the point) never round in here."""

MULTIPLIERS = {
    "thousand": Decimal(1000),
    "million": Decimal(10) ** 6,
    "bn": Decimal(10) ** 9,
}
DIGITS = 30
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)(?: (thousand|million|bn))?(?: (\S.*))?", re.ASCII)


class QuantityError(ValueError):
    """A number that cannot be taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` already multiplied out; `unit` as written, None for a bare number."""

    value: Decimal
    unit: str | None

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}" if self.unit else plain(self.value)


def parse_quantity(text: str) -> Quantity:
    """`25 bn USD` -> Quantity(25000000000, 'USD'). Raises QuantityError."""
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise QuantityError(f'"{text}" is not a quantity like "600000 persons" or "25 bn USD"')
    value = checked(Decimal(found[1]), text)
    if found[2]:
        value = EXACT.multiply(value, MULTIPLIERS[found[2]])
    return Quantity(value, found[3])


def parse_number(text: str) -> Decimal:
    """A bare number as event rows write it. Raises QuantityError."""
    if not _PLAIN.fullmatch(text):
        raise QuantityError(f'"{text}" is not a plain number')
    return checked(Decimal(text), text)


def checked(value: Decimal, text: object = None) -> Decimal:
    """The same number, if it is finite and has at most 30 digits before and after the point."""
    shown = value if text is None else text
    if not value.is_finite():
        raise QuantityError(f'"{shown}" is no number')
    _, digits, exponent = value.as_tuple()
    after = max(0, -int(exponent))
    before = max(0, len(digits) + int(exponent))
    if before > DIGITS or after > DIGITS:
        raise QuantityError(f'"{shown}" has more than {DIGITS} digits before or after the point')
    return value


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros: the same number always prints the same."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
