"""Tag schemes: which entities a row of tags names, and how a scheme writes them.

Entities are read by the rules of `conlleval` (https://www.clips.uantwerpen.be/conll2000/chunking/output.html), which
take a meaning from every row of tags, whatever scheme it breaks: B-, S- and U- begin an entity; I-, E- and L- go on
with one of the same label that is open, else begin one; E-, L-, S- and U- end it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

Scheme = Literal["IOB1", "IOB2", "BIOES", "BILOU", "plain"]
"""`plain` has labels without prefixes: equal tags side by side are one entity."""
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

Entity = tuple[int, int, str]
"""First token, the one after the last, label."""

_PREFIXED = re.compile(r"([BIESLU])-(.+)", re.DOTALL)
OUTSIDE = "O"


def parted(tag: str) -> tuple[str, str]:
    """Prefix and label. Outside both are empty; a tag without a prefix is its own label."""
    if tag == OUTSIDE:
        return "", ""
    match = _PREFIXED.fullmatch(tag)
    return (match[1], match[2]) if match else ("", tag)


def is_prefixed(tag: str) -> bool:
    return _PREFIXED.fullmatch(tag) is not None


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities that a row of tags names."""
    found: list[Entity] = []
    begin, open_label = 0, ""
    for at, tag in enumerate(tags):
        prefix, label = parted(tag)
        if open_label and (label != open_label or prefix in ("B", "S", "U")):
            found.append((begin, at, open_label))
            open_label = ""
        if label and not open_label:
            begin, open_label = at, label
        if open_label and prefix in ("E", "L", "S", "U"):
            found.append((begin, at + 1, open_label))
            open_label = ""
    if open_label:
        found.append((begin, len(tags), open_label))
    return found


def tagged(found: Iterable[Entity], length: int, scheme: Scheme) -> list[str]:
    """The tags of `length` tokens with these entities, which are in order and do not overlap."""
    tags = [OUTSIDE] * length
    end_before, label_before = -1, ""
    for begin, end, label in found:
        touches = begin == end_before and label == label_before
        for at in range(begin, end):
            tags[at] = label if scheme == "plain" else f"{_prefix(at, begin, end, scheme, touches)}-{label}"
        end_before, label_before = end, label
    return tags


def _prefix(at: int, begin: int, end: int, scheme: Scheme, touches: bool) -> str:
    if scheme == "IOB1":
        return "B" if at == begin and touches else "I"
    if scheme in ("BIOES", "BILOU"):
        single, last = ("S", "E") if scheme == "BIOES" else ("U", "L")
        if end - begin == 1:
            return single
        if at == end - 1:
            return last
    return "B" if at == begin else "I"


class SchemeFinder:
    """Tells the scheme of a set of rows of tags: the one that they break least."""

    def __init__(self) -> None:
        self._prefixes: Counter[str] = Counter()
        self._loose = 0  # I- that begins an entity, which IOB2 forbids
        self._needless = 0  # B- that splits nothing, which IOB1 forbids

    def add(self, tags: Iterable[str]) -> None:
        before = ""
        for tag in tags:
            if tag == OUTSIDE:
                before = ""
                continue
            prefix, label = parted(tag)
            self._prefixes[prefix] += 1
            if label != before:
                self._loose += prefix == "I"
                self._needless += prefix == "B"
            before = label

    @property
    def scheme(self) -> Scheme:
        count = self._prefixes
        ends, lasts = count["E"] + count["S"], count["L"] + count["U"]
        if ends or lasts:
            return "BIOES" if ends >= lasts else "BILOU"
        if count[""] > count["B"] + count["I"]:
            return "plain"
        return "IOB1" if self._loose > self._needless else "IOB2"
