"""Where the media of a task lie: Label Studio's references, mapped to files that are there. Nothing is fetched."""

import re
from urllib.parse import parse_qs, quote, unquote, urlsplit

from checkdam.formats.media import kind_named
from checkdam.formats.tree import Beside, Tree, plain_name
from checkdam.formats.values import BadValueError, shown
from checkdam.schema import InputError, ItemKind

LOCAL_FILES = "/data/local-files/?d="
"""How Label Studio names files of its own disk, below a folder that its administrator allows."""

_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_MOST_FOLDERS = 32


def reference(name: str) -> str:
    """The reference to a file at that path below Label Studio's folder of local files."""
    return LOCAL_FILES + quote(name)


def kind_of(value: str) -> ItemKind | None:
    """What kind of file a reference names, by its ending; None for other texts."""
    if len(value) > 4096 or "\n" in value:
        return None
    return kind_named(_path(value))


def _path(value: str) -> str:
    """The path that a reference names: that of a local file, or an address without its scheme."""
    try:
        parts = urlsplit(value)
        query = parse_qs(parts.query)
    except ValueError:
        return value
    if parts.path.rstrip("/").endswith("data/local-files") and query.get("d"):
        return query["d"][0]
    if parts.scheme and parts.netloc:
        return unquote(f"{parts.netloc}{parts.path}")
    if value.startswith("/data/"):
        return unquote(parts.path.removeprefix("/data/"))
    return value


def locate(tree: Tree | Beside, value: str, home: str) -> tuple[str, bool]:
    """The name of the item that a reference is about, and whether its file is there.

    The path of the reference is looked for below `home` (the folder of the tasks) and the root, then with its first
    folders left out one after another, since other machines and buckets have folders of their own before it.
    Raises `BadValueError`.
    """
    try:
        plain = plain_name(_path(value).lstrip("/"))
    except InputError as error:
        raise BadValueError("data", error.detail, error.remedy) from error
    parts = plain.split("/")
    ends = ["/".join(parts[at:]) for at in range(min(len(parts), _MOST_FOLDERS))]
    file = _UPLOADED.sub("", parts[-1])  # Label Studio puts eight digits before the name of an upload
    if file != parts[-1]:
        ends.append(file)
    for end in ends:
        for place in (f"{home}/{end}" if home else end, f"{home}/images/{end}" if home else f"images/{end}", end):
            if found := tree.find(place):
                return found, True
    for end in ends:
        there = tree.ending(end)
        if len(there) == 1:
            return there[0], True
        if there:
            raise BadValueError("data", f"{shown(value)} fits {there[0]} and {there[1]}", "give its folder")
    return plain, False
