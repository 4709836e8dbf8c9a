"""Reading and writing datasets on disk.

A format is a module that holds a `FORMAT`. The entry-point group `checkdam.formats` names modules and packages to
search for them; the built-in ones come in by the same door.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from checkdam.formats.base import (
    Detection,
    Entry,
    Event,
    Format,
    Loss,
    LossReport,
    MediaSource,
    PatchEdit,
    Record,
)
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, NotFoundError, Problems

__all__ = [
    "Detection",
    "Entry",
    "Event",
    "Format",
    "Loss",
    "LossReport",
    "MediaSource",
    "PatchEdit",
    "Record",
    "detect",
    "detections",
    "format_named",
    "formats",
    "read",
]

GROUP = "checkdam.formats"
_BUILTIN = EntryPoint("builtin", __name__, GROUP)
_MEMBERS = ("name", "title", "kinds", "detect", "near_misses", "read", "count", "write", "places", "patch")


@cache
def formats() -> dict[str, Format]:
    """Every installed format by its name, in the order of the names. `InputError` for a plugin that does not load."""
    found: dict[str, Format] = {}
    # A source tree that is not installed has no entry points of its own.
    doors = {door.value: door for door in (_BUILTIN, *entry_points(group=GROUP))}
    for door in doors.values():
        for module in _modules(door):
            if not hasattr(module, "FORMAT"):
                continue
            one = _checked(module)
            if found.setdefault(one.name, one) is not one:
                raise InputError(
                    f"two formats are named {one.name!r}: in {type(found[one.name]).__module__} and {module.__name__}",
                    "rename one of them, or uninstall its plugin",
                )
    return dict(sorted(found.items()))


def format_named(name: str) -> Format:
    """The format of that name; `NotFoundError` names the formats there are."""
    if name not in formats():
        raise NotFoundError(f"there is no format {name!r}", f"choose one of {', '.join(formats())}")
    return formats()[name]


def detections(root: Path) -> list[Detection]:
    """What each format says of a root, the surest first."""
    if not root.exists():
        raise InputError(f"{root} does not exist", "give the folder or file of a dataset")
    claims = [claim for each in formats().values() if (claim := each.detect(root)) is not None]
    return sorted(claims, key=lambda claim: -claim.confidence)


def detect(root: Path) -> Format:
    """The format of the dataset at `root`. `InputError` says what was looked for if there is none."""
    claims = detections(root)
    if not claims:
        titles = ", ".join(each.title for each in formats().values())
        nearly = Problems()
        for each in formats().values():
            each.near_misses(root, nearly)
        what = f"{root} holds no dataset of a known format"
        raise InputError(what, f"looked for {titles}; or name the format", nearly)
    return format_named(claims[0].format)


def read(
    root: Path, format: str | None = None, problems: Problems | None = None, limits: InputLimits = DEFAULT_LIMITS
) -> Iterator[Event]:
    """Streams the dataset at `root`: a taxonomy first, then entries and annotations.

    What is wrong goes to `problems`, and the good rows are yielded. Without `problems`, the end of the stream raises
    `InputError` with all of them if there were any.
    """
    chosen = format_named(format) if format else detect(root)
    told = Problems() if problems is None else problems
    yield from chosen.read(root, told, limits)
    if problems is None and told:
        raise InputError(f"{root} has {told.count:,} problem(s) as {chosen.title}", "mend them", told)


def _modules(door: EntryPoint) -> Iterator[ModuleType]:
    try:
        package = import_module(door.value)
        yield package
        for info in iter_modules(getattr(package, "__path__", ())):
            yield import_module(f"{door.value}.{info.name}")
    except Exception as error:  # a plugin's import may raise anything
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"the formats of the entry point {door.name!r} ({door.value}) cannot be loaded: {error!r}",
            "repair or uninstall the package that declares it",
        ) from error


def _checked(module: ModuleType) -> Format:
    """The format that a module holds, if it has all that a format has."""
    found: Format = module.FORMAT
    absent = [name for name in _MEMBERS if not hasattr(found, name)]
    if absent or not isinstance(found.name, str):
        told = f"lacks {', '.join(absent)}" if absent else "has no text for a name"
        raise InputError(f"{module.__name__}.FORMAT {told}", "see checkdam.formats.Format, or uninstall the plugin")
    return found
