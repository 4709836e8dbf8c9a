"""Which folders of the server's machine a dataset may be imported from."""

from collections.abc import Sequence
from pathlib import Path

from checkdam.formats import formats
from checkdam.guard import contained
from checkdam.schema import InputError


def chosen_folder(untrusted: str, roots: Sequence[Path]) -> Path:
    """The folder that a path from a request means: below one of the roots, or a root itself; absolute, or relative to
    the first root that has it.

    The answer for a folder outside is the same whether it exists or not, so that nobody can feel about the disk.
    """
    for root in roots:
        folder = _below(root, untrusted)
        if folder is not None and folder.is_dir():
            return folder
    raise InputError(
        "there is no such folder below the server's import roots",
        f"choose a folder below {' or '.join(map(str, roots))}"
        if roots
        else "start the server with --import-root FOLDER",
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


def import_formats() -> list[str]:
    """The names of the formats that can be read."""
    return sorted(formats())
