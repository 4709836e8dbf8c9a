"""A baseline: the findings that a dataset had when it was written, so that only new ones are told.

A finding is known again by its rule and by what it is about: the names of the items, and the label, geometry and box of
each annotation. Neither lines, ids, messages nor severities count, so that a file may be sorted anew, and a rule may
word its message otherwise; an annotation that was moved or relabelled is another one. Where several findings are the
same by that, they are counted: a third copy of a box that was there twice is new.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from checkdam.guard.files import read_bytes
from checkdam.lint.frame import Frame
from checkdam.lint.rule import plain
from checkdam.schema import Finding, InputError, Problems, Severity

MOST_BYTES = 512 * 1024 * 1024


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding that was there `count` times. `place` and `message` are for people, and do not count."""

    rule: Annotated[str, Meta(min_length=1)]
    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{24}$")]
    count: Annotated[int, Meta(ge=1)] = 1
    severity: Severity = "warning"
    place: str = ""
    message: str = ""


class Baseline(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written: `checkdam_baseline` is the version of the format."""

    checkdam_baseline: Literal[1] = 1
    findings: tuple[Entry, ...] = ()


Looked = Callable[[Entry], bool]
"""Whether a run would have told the finding of an entry, were it still there."""


@dataclass(frozen=True)
class Compared:
    """Findings beside a baseline: the `new` ones, how many were `silenced`, and the entries that are `gone`, each with
    how often it was found too few times."""

    new: list[Finding]
    silenced: int
    gone: list[Entry]


def fingerprint(finding: Finding, frame: Frame) -> str:
    """24 hexadecimal digits that name a finding by what it is about; see the module."""
    names = [_name(frame, key) for key in finding.subject.item_ids]
    said: list[Any] = []
    if finding.subject.kind == "annotation":
        rows = [frame.annotation_row(key) for key in finding.subject.ids]
        annotations = [frame.annotation(row) for row in rows if row is not None]
        # In the order of their content: which of two is the first depends on their order in the file.
        said = sorted(msgspec.json.encode(plain([one.label, one.geometry, one.box])).decode() for one in annotations)
    text = msgspec.json.encode(plain([finding.rule, finding.subject.kind, sorted(names), said, finding.label]))
    return blake2b(text, digest_size=12).hexdigest()


def of_findings(findings: Iterable[Finding], frame: Frame) -> Baseline:
    """The baseline of findings, sorted, so that two of them can be compared line by line."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = finding.rule, fingerprint(finding, frame)
        counts[key] += 1
        first.setdefault(key, finding)
    entries = [
        Entry(
            rule=rule,
            fingerprint=digest,
            count=counts[rule, digest],
            severity=one.severity,
            place=_place(one, frame),
            message=one.message,
        )
        for (rule, digest), one in first.items()
    ]
    return Baseline(findings=tuple(sorted(entries, key=_order)))


def compare(findings: Sequence[Finding], frame: Frame, known: Baseline, looked: Looked) -> Compared:
    """Splits findings into new and known ones. Only entries that were `looked` for can be gone."""
    left: Counter[tuple[str, str]] = Counter()
    for entry in known.findings:
        left[entry.rule, entry.fingerprint] += entry.count
    new: list[Finding] = []
    for finding in findings:
        key = finding.rule, fingerprint(finding, frame)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(finding)
    gone: list[Entry] = []
    for entry in known.findings:
        missing = min(left.pop((entry.rule, entry.fingerprint), 0), entry.count)
        if missing and looked(entry):
            gone.append(msgspec.structs.replace(entry, count=missing))
    return Compared(new, len(findings) - len(new), gone)


def updated(now: Baseline, before: Baseline, looked: Looked) -> Baseline:
    """What is there now, and the entries that were not looked for."""
    kept = tuple(entry for entry in before.findings if not looked(entry))
    return Baseline(findings=tuple(sorted((*now.findings, *kept), key=_order)))


def load(path: Path) -> Baseline:
    """Reads a baseline. Raises InputError that says what is wrong with it."""
    remedy = "write it anew with --update-baseline"
    data = read_bytes(path, MOST_BYTES)
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no baseline: it is not JSON ({error})", remedy) from error
    problems = Problems()
    try:
        head = msgspec.convert(document, Baseline)
    except msgspec.ValidationError as error:
        if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
            raise InputError(f"{path} is no baseline: {error}", remedy) from error
        for number, entry in enumerate(document["findings"]):
            try:
                msgspec.convert(entry, Entry)
            except msgspec.ValidationError as wrong:
                problems.add(f"{path}: findings[{number}]", str(wrong), remedy)
        lines = "".join(f"\n  {problem}" for problem in problems) or f" {error}"
        raise InputError(f"{path} is no baseline:{lines}", remedy, problems) from error
    return head


def dump(baseline: Baseline) -> str:
    """The text of a baseline: indented JSON, the same for the same findings."""
    return msgspec.json.format(msgspec.json.encode(plain(baseline)), indent=1).decode() + "\n"


def _order(entry: Entry) -> tuple[str, str, str]:
    return entry.place, entry.rule, entry.fingerprint


def _name(frame: Frame, key: str) -> str:
    row = frame.item_rows.get(key)
    return key if row is None else frame.items[row].name


def _place(finding: Finding, frame: Frame) -> str:
    """The first item's name, without a line, which would change with every edit of the file."""
    return _name(frame, finding.subject.item_ids[0]) if finding.subject.item_ids else ""
