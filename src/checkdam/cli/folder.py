"""A plain folder as the linters see it: read once, with no server and no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from checkdam.formats import Entry, Format, detect, format_named
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.lint import Frame, FrameBuilder
from checkdam.schema import Item, Problems

Progress = Callable[[int, int, str], None]

TOLD_EVERY = 1000  # rows between two messages of progress


@dataclass(frozen=True)
class Folder:
    """A dataset that lies on disk. `files` are the media files by the id of their item; `problems` are the rows that
    could not be read and are not in `frame`."""

    root: Path
    format: Format
    frame: Frame
    files: Mapping[str, Path]
    problems: Problems

    def media(self, item: Item) -> Path | None:
        """Where an item's media file is; None for text or when it is missing."""
        return self.files.get(item.id)


def read_folder(root: Path, format_name: str | None, progress: Progress) -> Folder:
    """Reads a dataset in the format named, or the one its content shows. Raises InputError where there is none."""
    reader = format_named(format_name) if format_name else detect(root)
    problems = Problems()
    builder = FrameBuilder()
    files: dict[str, Path] = {}
    total = reader.count(root) or 0
    for done, event in enumerate(reader.read(root, problems, DEFAULT_LIMITS)):
        if isinstance(event, Entry):
            builder.add(event.item)
            if event.media is not None:
                files[event.item.id] = event.media
        else:
            builder.add(event)
        if done % TOLD_EVERY == 0:
            progress(done, total, "reading annotations")
    return Folder(root, reader, builder.build(), files, problems)
