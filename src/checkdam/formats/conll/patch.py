"""Changing sentences in place: tags of single tokens, and whole sentences."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from checkdam.formats.base import PatchEdit
from checkdam.formats.conll.lines import Layout, Sentence, sentences, sniffed
from checkdam.formats.conll.reader import SIDE_SUFFIX
from checkdam.formats.conll.tags import Entity, Scheme, SchemeFinder, entities, parted, tagged
from checkdam.formats.lines import without
from checkdam.guard.files import read_bytes
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import Annotation, InputError, Problems, Span

_PATCHED_BYTES = 1 << 32
_BARRED = " \t\r\n"


def patched(file: Path, edits: Sequence[PatchEdit]) -> bytes:
    """The bytes of a file with the edits made. `InputError` if one does not fit."""
    data = read_bytes(file, _PATCHED_BYTES)
    lines = data.split(b"\n")
    if file.name.endswith(SIDE_SUFFIX):
        return without(lines, {_row(file, lines, edit) for edit in edits})
    layout = sniffed(file).layout or Layout(False, 2)
    found = list(sentences(file, file.name, layout, Problems(), DEFAULT_LIMITS)) if edits else []
    finder = SchemeFinder()
    for sentence in found:
        finder.add(sentence.tags)
    changes: dict[int, dict[int, Annotation | None]] = {}
    gone: set[int] = set()
    for edit in edits:
        at = _sentence_at(file, found, edit)
        if edit.whole_item:
            begin = found[at].line - 1
            end = begin + len(found[at].rows)
            gone.update(range(begin, end + (end < len(lines) - 1 and not lines[end].strip())))
        else:
            changes.setdefault(at, {})[(edit.at or 0) - found[at].line] = edit.annotation
    for at, wanted in changes.items():
        if found[at].line - 1 not in gone:
            _change(file, lines, found[at], wanted, finder.scheme)
    return without(lines, gone)


def _row(file: Path, lines: list[bytes], edit: PatchEdit) -> int:
    at = (edit.at or 0) - 1
    if not edit.whole_item or not 0 <= at < len(lines) or not lines[at].strip():
        raise InputError(f"{file} has no row {edit.at} to remove", "lint it anew")
    return at


def _sentence_at(file: Path, found: list[Sentence], edit: PatchEdit) -> int:
    """The sentence that an edit is about; only labels are changed in it, or the whole of it goes."""
    wrong = InputError(f"{file} has nothing at line {edit.at} to change", "lint it anew")
    if edit.at is None or edit.array is not None or (edit.item is not None and edit.annotation is None):
        raise wrong
    for at, each in enumerate(found):
        if each.line <= edit.at < each.line + len(each.rows) and each.sound:
            if edit.whole_item and edit.at != each.line:
                break
            return at
    raise wrong


def _change(
    file: Path, lines: list[bytes], sentence: Sentence, wanted: dict[int, Annotation | None], scheme: Scheme
) -> None:
    """Rewrites the tags of those tokens that the changes concern. `wanted` is by the first token of an entity."""
    before = entities(sentence.tags)
    after: list[Entity] = []
    for one in before:
        if one[0] not in wanted:
            after.append(one)
        elif (new := wanted[one[0]]) is not None:
            after.append(_entity(file, sentence, new))
    if wanted.keys() - {begin for begin, _, _ in before}:
        raise InputError(f"{file}:{sentence.line} has no such entity", "lint it anew")
    after.sort()
    if any(one[1] > two[0] for one, two in pairwise(after)):
        raise InputError(f"{file}:{sentence.line} would hold spans that overlap", "change it by hand")
    count = len(sentence.rows)
    old, new_tags = tagged(before, count, scheme), tagged(after, count, scheme)
    for at, (was, now) in enumerate(zip(old, new_tags, strict=True)):
        if was != now:
            index = sentence.line - 1 + at
            line = lines[index]
            body = line.rstrip(b" \t\r")
            kept = body[: len(body) - len(sentence.tags[at].encode())]
            lines[index] = kept + now.encode() + line[len(body) :]


def _entity(file: Path, sentence: Sentence, annotation: Annotation) -> Entity:
    starts = list(accumulate((len(token) + 1 for token in sentence.tokens), initial=0))
    geometry, label = annotation.geometry, annotation.label
    fits = isinstance(geometry, Span) and geometry.start in starts and geometry.end + 1 in starts
    if not fits or not isinstance(geometry, Span) or geometry.end <= geometry.start:
        raise InputError(f"{file}:{sentence.line} holds whole tokens only", "change it by hand")
    if not label or any(each in label for each in _BARRED) or parted(f"B-{label}")[1] != label:
        raise InputError(f"{file}:{sentence.line} cannot hold the label {label!r}", "change it by hand")
    return starts.index(geometry.start), starts.index(geometry.end + 1), label
