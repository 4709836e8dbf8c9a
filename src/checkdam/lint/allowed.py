"""What a setting may be, in words, by its type."""

from typing import Any

from msgspec import inspect

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.StrType: "a text in quotes",
    inspect.DictType: "a table",
}


def allowed(type: Any) -> str:
    """The values that msgspec takes for the type: `a number of at least 0`, `"error", "warning" or "info"`."""
    return _words(inspect.type_info(type))


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.UnionType():
            return _either([_words(one) for one in info.types if not isinstance(one, inspect.NoneType)])
        case inspect.LiteralType():
            return _either([f'"{value}"' if isinstance(value, str) else str(value) for value in info.values])
        case inspect.IntType() | inspect.FloatType():
            bounds = ((info.ge, "of at least"), (info.gt, "above"), (info.le, "of at most"), (info.lt, "below"))
            limits = " and ".join(f"{words} {bound:g}" for bound, words in bounds if bound is not None)
            return f"{'a whole number' if isinstance(info, inspect.IntType) else 'a number'} {limits}".rstrip()
        case inspect.VarTupleType() | inspect.ListType():
            least = " with at least one entry" if info.min_length else ""
            return f"a list{least}, each {_words(info.item_type)}"
        case _:
            return _PLAIN.get(type(info), "another kind of value")


def _either(words: list[str]) -> str:
    return " or ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])
