"""What the file of an item says of it, where its labels do not."""

import os
from pathlib import Path

import msgspec

from checkdam.formats.tree import is_image_name
from checkdam.guard.limits import InputLimits
from checkdam.guard.sounds import SOUND_SUFFIXES, sound_info
from checkdam.schema import InputError, Item, ItemKind


def is_sound_name(name: str) -> bool:
    """Whether a file's ending, in any case, is one of a sound."""
    return os.path.splitext(name)[1].lower() in SOUND_SUFFIXES  # noqa: PTH122 (a Path for each of a million names)


def kind_named(name: str) -> ItemKind | None:
    """The kind of item that a file's ending says."""
    return "image" if is_image_name(name) else "audio" if is_sound_name(name) else None


def with_sound(item: Item, path: Path | None, limits: InputLimits) -> Item:
    """A sound's duration and sample rate as its header says, where the source does not declare them. A header that
    cannot be read says nothing: that a file is damaged is for a rule to find, as with images."""
    if item.kind != "audio" or path is None or (item.duration is not None and item.sample_rate is not None):
        return item
    try:
        info = sound_info(path, limits)
    except InputError:
        return item
    return msgspec.structs.replace(
        item,
        duration=info.duration if item.duration is None else item.duration,
        sample_rate=info.sample_rate if item.sample_rate is None else item.sample_rate,
    )
