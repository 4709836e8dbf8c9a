"""What is wrong with a media file, without its path on this machine: the finding names the item."""

from pathlib import Path

from checkdam.schema import InputError


def reason(error: InputError, path: Path | None = None, what: str = "the image") -> str:
    """The error's text without its subject: the path, or `what` where bytes were read."""
    return error.detail.removeprefix(what if path is None else str(path)).strip()
