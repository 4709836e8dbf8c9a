"""Which folders and archives of the server's machine a dataset may be imported from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from checkdam.formats import formats
from checkdam.guard import contained
from checkdam.guard.archives import SUFFIXES, is_archive
from checkdam.schema import InputError
from checkdam.server.wire.datasets import ImportSourceOut, ImportSourcesOut

LISTED_SOURCES = 500


def chosen_source(untrusted: str, roots: Sequence[Path]) -> Path:
    """The folder or archive that a path from a request means: below one of the roots, or a root itself; absolute, or
    relative to the first root that has it.

    The answer for one outside is the same whether it exists or not, so that nobody can feel about the disk.
    """
    for root in roots:
        source = _below(root, untrusted)
        if source is not None and (source.is_dir() or is_archive(source)):
            return source
    raise InputError(
        "there is no such folder or archive below the server's import roots",
        f"choose one below {' or '.join(map(str, roots))}" if roots else "start the server with --import-root FOLDER",
    )


def _below(root: Path, untrusted: str) -> Path | None:
    relative = untrusted
    if Path(untrusted).is_absolute():
        if not Path(untrusted).is_relative_to(root):
            return None
        relative = Path(untrusted).relative_to(root).as_posix()
    if relative in {"", "."}:
        return root
    try:
        return contained(root, relative)
    except InputError:
        return None


def sources_in(untrusted: str, roots: Sequence[Path]) -> ImportSourcesOut:
    """What can be imported from a folder below the roots: its folders and archives by name, the first
    `LISTED_SOURCES`. InputError where there is no such folder. Links are not followed out of the root."""
    folder = chosen_source(untrusted, roots)
    if not folder.is_dir():
        raise InputError("this is an archive and no folder", "import it, or look into another folder")
    found: list[ImportSourceOut] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.name.isprintable() or not _listable(path):
            continue
        if len(found) == LISTED_SOURCES:
            return ImportSourcesOut(path=str(folder), entries=found, more=True)
        kind: Literal["folder", "archive"] = "folder" if path.is_dir() else "archive"
        found.append(ImportSourceOut(name=path.name, path=str(path), kind=kind))
    return ImportSourcesOut(path=str(folder), entries=found, more=False)


def _listable(path: Path) -> bool:
    if path.is_symlink():
        return False
    return path.is_dir() or (path.is_file() and path.name.lower().endswith(SUFFIXES))


def import_formats() -> list[str]:
    """The names of the formats that can be read."""
    return sorted(formats())
