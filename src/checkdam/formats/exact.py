"""Decimal numbers in files, read and written without rounding."""

import re
from decimal import Context, Decimal

from checkdam.guard.limits import InputLimits

EXACT = Context(prec=800, traps=[])
"""Enough digits to add, subtract and scale floats without rounding; overflow gives infinity, not an error."""

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""A number in ASCII digits; no `nan`, `inf` or `1_000`, which Python would take as well."""


def decimal(text: str, limits: InputLimits) -> Decimal | None:
    """A finite number written in decimal digits, exactly; None if the text is no such."""
    text = text.strip()
    if len(text) > limits.number_characters or not NUMBER.fullmatch(text):
        return None
    value = EXACT.create_decimal(text)
    return value if value.is_finite() and abs(float(value)) < float("inf") else None


def plain(value: Decimal) -> str:
    """The shortest usual way to write a decimal: whole numbers without a point, others without exponent if short."""
    if value == value.to_integral_value(context=EXACT) and abs(value) < 10**16:
        return str(int(value))
    written = format(value, "f")
    return written if len(written) <= 40 else str(value)


def sum_text(first: float, second: float) -> str:
    """The exact decimal sum of two finite floats, each taken for the shortest decimal that names it. Raises
    `OverflowError` where no float comes near it."""
    total = EXACT.add(Decimal(repr(first)), Decimal(repr(second)))
    if abs(float(total)) == float("inf"):
        raise OverflowError("the sum is larger than any number")
    return plain(total)
