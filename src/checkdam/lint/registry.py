"""Finds the rules: every module of what the entry points `checkdam.rules` name. Built-in rules come in by that door."""

import importlib
import pkgutil
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from checkdam.lint.rule import Rule
from checkdam.schema import InputError, NotFoundError

GROUP = "checkdam.rules"
_BUILTIN = EntryPoint("builtin", "checkdam.lint.rules", GROUP)


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in the order of names. Raises InputError for a plugin that cannot be loaded."""
    found: dict[str, Rule] = {}
    # A source tree that is not installed has no entry points of its own.
    doors = {(door.name, door.value): door for door in (_BUILTIN, *entry_points(group=GROUP))}
    for door in doors.values():
        for module in _modules(door):
            for rule in _rules_in(module):
                if rule.name in found:
                    raise InputError(
                        f"two rules are named {rule.name!r}: in {type(found[rule.name]).__module__} and "
                        f"{module.__name__}",
                        "rename one of them, or uninstall its plugin",
                    )
                found[rule.name] = rule
    return dict(sorted(found.items()))


def rule(name: str) -> Rule:
    """The rule of that name. Raises NotFoundError, with the nearest name."""
    known = rules()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise NotFoundError(
            f"there is no rule {name!r}",
            f"did you mean {near[0]}?" if near else "`checkdam rule` lists all rules",
        )
    return known[name]


def _modules(door: EntryPoint) -> Iterator[ModuleType]:
    try:
        module = importlib.import_module(door.value)
        yield module
        for info in pkgutil.iter_modules(getattr(module, "__path__", ()), module.__name__ + "."):
            yield importlib.import_module(info.name)
    except Exception as error:  # a plugin's import may raise anything
        raise InputError(
            f"the rules of the entry point {door.name!r} ({door.value}) cannot be loaded: {error!r}",
            "repair or uninstall the package that declares it",
        ) from error


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "check"):
            rule = value()
            if not isinstance(rule, Rule):
                raise InputError(
                    f"{module.__name__}.{value.__name__} has a `check` but not all that a rule has",
                    "see checkdam.lint.rule.Rule",
                )
            yield rule
