"""Writes the fixed copy of a folder: every file as it was but those that change or go, and a record of why."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from checkdam.cli.fix_plan import Patched, Plan
from checkdam.formats import Format
from checkdam.schema import ConflictError, InputError, StorageError
from checkdam.version import __version__

LINEAGE = "checkdam-lineage.json"


def write_copy(root: Path, target: Path, patched: Sequence[Patched], record: Mapping[str, Any]) -> list[str]:
    """Copies `root` to `target` with the patched files and the record, without the files that go; whole or not at all.

    Returns the symbolic links that were left out because they lead out of the folder or in a circle. Raises
    ConflictError where the target exists already, InputError where it lies in the source, and StorageError where it
    cannot be written.
    """
    if target.exists() or target.is_symlink():
        raise ConflictError(f"{target} exists already", "name another folder with --output, or remove it")
    if target.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{target} lies in {root}, which is never changed", "name a folder beside it with --output")
    changed = {one.name: one.after for one in patched}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            made = Path(scratch) / "copy"
            made.mkdir()
            fingerprint, count, skipped = _copy(root, made, changed)
            source = {"name": root.name, "fingerprint": f"sha256:{fingerprint}", "files": count}
            text = json.dumps({**record, "source": source, "earlier": _earlier(root)}, indent=2, ensure_ascii=False)
            (made / LINEAGE).write_text(text + "\n", "utf-8")
            made.rename(target)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error}", "check the disk and its permissions") from error
    return skipped


def lineage_record(reader: Format, plan: Plan, options: Mapping[str, Any]) -> dict[str, Any]:
    """What was done, for the lineage file: the rules with their options, what they found, and each edit's place."""
    rules = sorted({finding.rule for finding in plan.fixed})
    return {
        "checkdam": __version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "relation": "fixed",
        "format": reader.name,
        "rules": {rule: options.get(rule, {}) for rule in rules},
        "findings": [
            {"id": one.id, "rule": one.rule, "place": one.location, "message": one.message} for one in plan.fixed
        ],
        "edits": [{"place": str(place), "edit": msgspec.to_builtins(edit)} for place, edit in plan.edits],
    }


def _copy(root: Path, target: Path, changed: Mapping[str, bytes | None]) -> tuple[str, int, list[str]]:
    """Copies the files and returns the fingerprint of the *source*: SHA-256 over each file's name and own SHA-256."""
    total, count, skipped = sha256(), 0, []
    for path, name in _files(root):
        if not _is_inside(path, root):
            skipped.append(name)
            continue
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = _copy_file(path, place)
        if name in changed:
            after = changed[name]
            if after is None:
                place.unlink()
            else:
                place.write_bytes(after)
        total.update(f"{digest}  {name}\n".encode("utf-8", "surrogateescape"))
        count += 1
    return total.hexdigest(), count, skipped


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    if root.is_file():
        yield root, root.name
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(folder, name)
            yield path, path.relative_to(root).as_posix()


def _is_inside(path: Path, root: Path) -> bool:
    if not path.is_symlink():
        return path.is_file()
    base = root if root.is_dir() else root.parent
    target = Path(os.path.realpath(path))  # of a circle of links it makes a path too, which is no file
    return target.is_file() and target.is_relative_to(base.resolve())


def _copy_file(source: Path, target: Path) -> str:
    """Copies the bytes and returns their SHA-256."""
    digest = sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(1 << 20):
            digest.update(chunk)
            writing.write(chunk)
    shutil.copystat(source, target)
    return digest.hexdigest()


def _earlier(root: Path) -> Any:
    """What the source's own lineage file says, where it is the fixed copy of another folder."""
    path = (root if root.is_dir() else root.parent) / LINEAGE
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
