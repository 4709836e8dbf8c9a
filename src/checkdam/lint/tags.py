"""Tags of tokens that mark chunks: which scheme they follow, and where they break its rules."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

Scheme = Literal["IOB1", "IOB2", "BIOES"]

_OUTSIDE = "O"
_PREFIXES = {"B": "B", "I": "I", "E": "E", "L": "E", "S": "S", "U": "S"}
"""L and U (of BILOU) are E and S."""


class Tag(NamedTuple):
    """`place` is O, B, I, E or S; empty where the text is no tag. `kind` is the type of the chunk."""

    place: str
    kind: str


class Breach(NamedTuple):
    """The tag at `at` breaks the scheme; `reason` says how."""

    at: int
    reason: str


def parsed(text: str) -> Tag:
    """`B-PER` (or `B_PER`) as its parts; a bare `B` or `I` has an empty type."""
    if text == _OUTSIDE:
        return Tag("O", "")
    prefix, kind = text[:1], text[2:]
    if prefix not in _PREFIXES or (len(text) > 1 and (text[1] not in "-_" or not kind)):
        return Tag("", text)
    return Tag(_PREFIXES[prefix], kind)


def scheme_of(sentences: Iterable[Sequence[Tag]]) -> Scheme | None:
    """The scheme that the tags follow most likely; None where no chunk is marked.

    E and S are of BIOES only. Else it counts how chunks begin: all with B in IOB2 (Tjong Kim Sang and Veenstra,
    Representing Text Chunks, 1999), and in IOB1 with B only right behind a chunk of the same type.
    """
    with_b = with_i = 0
    for tags in sentences:
        before = Tag("O", "")
        for tag in tags:
            if tag.place in ("E", "S"):
                return "BIOES"
            if tag.place in ("B", "I") and not (before.place in ("B", "I") and before.kind == tag.kind):
                with_b += tag.place == "B"
                with_i += tag.place == "I"
            before = tag
    if not with_b and not with_i:
        return None
    return "IOB2" if with_b >= with_i else "IOB1"


def breaches(tags: Sequence[Tag], scheme: Scheme) -> Iterator[Breach]:
    """Every tag of a sentence that the scheme does not allow where it stands, in order."""
    outside = Tag("O", "")
    for at, tag in enumerate(tags):
        before = tags[at - 1] if at else outside
        after = tags[at + 1] if at + 1 < len(tags) else outside
        reason = _reason(before, tag, after, scheme)
        if reason:
            yield Breach(at, reason)


def tagged(tokens: Sequence[tuple[object, str]], scheme: Scheme) -> list[str]:
    """The tags of tokens, each given as its chunk (None: of no chunk) and the chunk's type. BIOES writes E and S."""
    found = []
    before: tuple[object, str] = (None, "")
    for at, (chunk, kind) in enumerate(tokens):
        after = tokens[at + 1][0] if at + 1 < len(tokens) else None
        if chunk is None:
            found.append(_OUTSIDE)
        else:
            begins, ends = before[0] != chunk, after != chunk
            place = "B" if begins else "I"
            if scheme == "IOB1" and not (begins and before[0] is not None and before[1] == kind):
                place = "I"
            elif scheme == "BIOES" and ends:
                place = "S" if begins else "E"
            found.append(f"{place}-{kind}")
        before = chunk, kind
    return found


def _reason(before: Tag, tag: Tag, after: Tag, scheme: Scheme) -> str:
    """How a tag breaks the scheme between its neighbours; empty where it does not."""
    if not tag.place or (scheme != "BIOES" and tag.place in ("E", "S")):
        return "is no tag of the scheme"
    goes_on = before.place in ("B", "I") and before.kind == tag.kind
    if scheme == "IOB1":
        return "begins with B, though no chunk of its type stands before it" if tag.place == "B" and not goes_on else ""
    if tag.place in ("I", "E") and not goes_on:
        return "goes on with a chunk that did not begin"
    ends = after.place in ("I", "E") and after.kind == tag.kind
    return "is of a chunk that does not end" if scheme == "BIOES" and tag.place in ("B", "I") and not ends else ""
