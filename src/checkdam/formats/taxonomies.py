"""The taxonomy as a file of its own, beside labels that have no room for it."""

from pathlib import Path

import msgspec

from checkdam.formats.base import LossReport
from checkdam.formats.output import write_text
from checkdam.formats.values import unfit
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import InputLimits
from checkdam.schema import InputError, Label, Problems, Taxonomy

TAXONOMY_FILE = "taxonomy.json"


def write_taxonomy(folder: Path, taxonomy: Taxonomy, report: LossReport) -> None:
    """Writes `taxonomy.json`."""
    write_text(folder, TAXONOMY_FILE, encoded_taxonomy(taxonomy, report) + "\n")


def encoded_taxonomy(taxonomy: Taxonomy, report: LossReport) -> str:
    """The JSON of a taxonomy; numbers that JSON cannot hold are a loss."""
    encoded = msgspec.json.encode(taxonomy)
    if msgspec.json.decode(encoded, type=Taxonomy) != taxonomy:
        report.add("numbers of the taxonomy that are not finite", TAXONOMY_FILE)
    return msgspec.json.format(encoded, indent=2).decode()


def read_taxonomy(folder: Path, problems: Problems, limits: InputLimits) -> Taxonomy | None:
    """The taxonomy in a folder's `taxonomy.json`. None where there is none; one that is damaged is a problem."""
    path = folder / TAXONOMY_FILE
    if not path.is_file() or path.is_symlink():
        return None
    try:
        return decoded_taxonomy(read_bytes(path, limits.document_bytes).removeprefix(b"\xef\xbb\xbf"))
    except InputError as error:
        told = error.detail.replace(str(path), "it")
        problems.add(TAXONOMY_FILE, told, error.remedy)
        return None


def decoded_taxonomy(data: bytes) -> Taxonomy:
    """A taxonomy from its JSON. `InputError` if it is none."""
    try:
        taxonomy = msgspec.json.decode(data, type=Taxonomy)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no taxonomy: {error}", "mend or remove it") from error
    if b"\\u0000" in data and b"\\u0000" in msgspec.json.encode(taxonomy):
        raise InputError("is no taxonomy: it holds a NUL character", "mend or remove it")
    return taxonomy


def taxonomy_of(names: set[str]) -> Taxonomy:
    """The labels that occur, sorted, where nothing else says which there are; not those that nothing can store, which
    are told where they stand."""
    return Taxonomy(labels=tuple(Label(name=name) for name in sorted(names) if not unfit(name)))
