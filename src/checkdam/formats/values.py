"""Values from files that anybody may have written: numbers, texts and attributes, checked one by one."""

import json
import math
import re

from checkdam.schema import AttributeValue, Scalar

_INT64 = 2**63
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")


class BadValueError(Exception):
    """A value that is not what its place asks for; becomes a problem. `path` is where in the row it stands."""

    def __init__(self, path: str, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.path = path
        self.what = what
        self.remedy = remedy


def number(value: object, path: str) -> float:
    """A finite number as float, exactly."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
    elif isinstance(value, int) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            result = math.inf
        if result == value:
            return result
    raise BadValueError(path, f"is {shown(value)}, not a finite number", "give a number")


def numbers(value: object, path: str, count: int | None = None) -> list[float]:
    """A list of finite numbers, of the length given if one is."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        wanted = "a list of numbers" if count is None else f"a list of {count} numbers"
        raise BadValueError(path, f"is {shown(value)}, not {wanted}", f"give {wanted}")
    if all(type(each) is float for each in value) and math.isfinite(sum(value)):
        return value  # the common case, without a call for each: a sum with one that is not finite is not either
    return [number(each, f"{path}[{at}]") for at, each in enumerate(value)]


def text(value: object, path: str) -> str:
    """A text that every store can hold: valid Unicode without NUL."""
    if not isinstance(value, str):
        raise BadValueError(path, f"is {shown(value)}, not a text", "give a text in quotes")
    if reason := unfit(value):
        raise BadValueError(path, f"{reason}: {shown(value)}", "remove the character")
    return value


def unfit(value: str) -> str | None:
    """Why a text cannot be stored, or None."""
    if "\0" in value:
        return "holds a NUL character"
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        return "holds half of a surrogate pair"
    return None


def size(value: object, path: str) -> int | None:
    """A width or height in whole pixels, or None where it is not given."""
    if value is None:
        return None
    pixels = number(value, path)
    if not pixels.is_integer() or not 0 <= pixels < 2**31:
        raise BadValueError(path, f"is {shown(value)}, not a whole number of pixels", "give the image's size")
    return int(pixels)


def identifier(value: object, path: str) -> str:
    """An id, which is a whole number or a text, as text."""
    if type(value) is int and -_INT64 <= value < _INT64:
        return str(value)
    if isinstance(value, str) and value:
        return text(value, path)
    raise BadValueError(path, f"is {shown(value)}, not an id", "give a whole number")


def written_identifier(value: str) -> int | str:
    """The inverse of `identifier`."""
    return value if (number := whole_number(value)) is None else number


def whole_number(written: str) -> int | None:
    """The number of 64 bits that a text spells in the usual way, or None."""
    if _INTEGER.fullmatch(written) and -_INT64 <= (number := int(written)) < _INT64:
        return number
    return None


def scalar(value: object, path: str) -> Scalar:
    """A plain value; what is nested becomes its JSON text, so that nothing is dropped."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if -_INT64 <= value < _INT64:
            return value
        raise BadValueError(path, f"is {shown(value)}, a number out of range", "give a smaller number")
    if isinstance(value, float):
        return number(value, path)
    if isinstance(value, str):
        return text(value, path)
    return nested(value, path)


def nested(value: object, path: str) -> str:
    """The JSON text of a nested value."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise BadValueError(path, f"cannot be kept: {error}", "give plain values") from error
    return text(written, path)


def attribute(value: object, path: str) -> AttributeValue:
    """A plain value or a list of plain values; what is nested deeper becomes its JSON text."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, list) and all(each is None or isinstance(each, str | int | float) for each in value):
        return tuple(scalar(each, path) for each in value)
    return scalar(value, path)


def writable(value: AttributeValue) -> bool:
    """Whether JSON holds the value exactly and a reader takes it."""
    if isinstance(value, tuple):
        return all(writable(each) for each in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -_INT64 <= value < _INT64
    return value is None or unfit(value) is None


def shown(value: object) -> str:
    """A value for a message: short, printable, on one line."""
    try:
        written = value if isinstance(value, str) else json.dumps(value)
    except (ValueError, TypeError, RecursionError):
        written = type(value).__name__
    written = written.encode("utf-8", "backslashreplace").decode()
    return repr(written[:40] + "...") if len(written) > 43 else repr(written) if isinstance(value, str) else written
