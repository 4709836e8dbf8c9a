"""A tag of a token breaks the scheme of the dataset.

## What it catches

Texts of tagged tokens where a tag cannot stand where it stands: an `I` that goes on with a chunk that did not begin
(IOB2, BIOES), a `B` that divides nothing (IOB1), a chunk that does not end (BIOES), or no tag at all. Of a CoNLL file
the tags are known; in other formats the tokens must be spans that have the tags as labels (`B-PER`, `I-PER`, `O`).
Which scheme the dataset follows is seen from its tags. One finding for each span, which says how many of its tags are
wrong.

## Why it matters

Each program repairs a broken sequence in its own way: one makes an `I` a beginning, another drops the chunk. Scores
then differ between programs, and nobody knows why.

## Example

```yaml
- name: a beginning was lost
  items:
    - name: "1"
      text: Ada Lovelace lives in New York
      annotations:
        - {label: B-PER, geometry: {type: span, start: 0, end: 3}}
        - {label: I-PER, geometry: {type: span, start: 4, end: 12}}
        - {label: O, geometry: {type: span, start: 13, end: 18}}
        - {label: O, geometry: {type: span, start: 19, end: 21}}
        - {label: B-LOC, geometry: {type: span, start: 22, end: 25}}
        - {label: I-ORG, geometry: {type: span, start: 26, end: 30}}
  findings:
    - annotations: ["1/5"]
      message: "tag I-ORG of 'York' goes on with a chunk that did not begin (IOB2)"
      fix: begin the chunk with B-ORG
      safe: false
      fixed: ["replace 1/5: label B-ORG"]
```

The fix makes an `I` that goes on with nothing a `B`, where tokens are spans. It is not safe: the type may be wrong
instead.

## Options

- `scheme` (default `"auto"`): `"IOB1"`, `"IOB2"` or `"BIOES"` (BILOU counts as BIOES).

## False alarms

A dataset in which two schemes are mixed on purpose.
"""

from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import ClassVar, Literal, NamedTuple

from msgspec import Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, annotation_finding, cut
from checkdam.lint.tags import Breach, Scheme, breaches, parsed, scheme_of, tagged
from checkdam.schema import Finding, Fix, Item, ReplaceAnnotation, Severity, SubjectKind

_TAGS, _SCHEME, _TOKENS = "conll.tags", "conll.scheme", "conll.tokens"
"""Metadata that the reader of CoNLL files leaves: the tags where they are not as the scheme writes them, and so on."""
_SCHEMES: dict[object, Scheme] = {"IOB1": "IOB1", "IOB2": "IOB2", "BIOES": "BIOES", "BILOU": "BIOES"}


class _Sentence(NamedTuple):
    """The tags of a text's tokens as they are written, the texts of the tokens, and the span (row) of each, if any."""

    tags: list[str]
    tokens: list[str]
    rows: list[int | None]
    scheme: Scheme | None


class TagScheme:
    name: ClassVar[str] = "tag-scheme"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        scheme: Literal["auto", "IOB1", "IOB2", "BIOES"] = "auto"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        asked: Scheme | None = None if options.scheme == "auto" else options.scheme
        sentences = [*_of_token_spans(frame), *_of_conll(frame, asked)]
        unknown = [[parsed(tag) for tag in one.tags] for one in sentences if one.scheme is None]
        usual = asked or scheme_of(unknown)
        for sentence in sentences:
            scheme = asked or sentence.scheme or usual
            if scheme is None:
                continue
            found: dict[int, list[Breach]] = {}
            for breach in breaches([parsed(tag) for tag in sentence.tags], scheme):
                row = sentence.rows[breach.at]
                if row is not None:
                    found.setdefault(row, []).append(breach)
            for row, of_row in found.items():
                yield self._finding(frame, sentence, row, of_row, scheme)

    def _finding(self, frame: Frame, sentence: _Sentence, row: int, found: list[Breach], scheme: Scheme) -> Finding:
        at, reason = found[0]
        tag = sentence.tags[at]
        begun, fix = "B" + tag[1:], None
        if frame.label_of(row) == tag and tag[:1] == "I" and scheme == "IOB2":
            edit = ReplaceAnnotation(structs.replace(frame.annotation(row), label=begun))
            fix = Fix(f"begin the chunk with {begun}", (edit,))
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"tag {cut(tag)[1:-1]} of {cut(sentence.tokens[at])} {reason} ({scheme}){more}"
        return annotation_finding(
            self, frame, [row], message, evidence={"scheme": scheme, "tag": tag, "count": len(found)}, fix=fix
        )


def _of_token_spans(frame: Frame) -> Iterator[_Sentence]:
    """Texts of which most spans have a tag as their label; elsewhere a label such as "I-95" is a name."""
    tags = [parsed(label) for label in frame.labels]
    if not any(tag.place in ("B", "I", "E", "S") for tag in tags):
        return
    for item, tokens in sorted(_spans_of_items(frame).items()):
        if 2 * sum(bool(tags[frame.label[row]].place) for _, _, row in tokens) > len(tokens):
            text = frame.items[item].text or ""
            yield _Sentence(
                [frame.label_of(row) for _, _, row in tokens],
                [text[max(start, 0) : max(end, 0)] for start, end, _ in tokens],
                [row for _, _, row in tokens],
                None,
            )


def _of_conll(frame: Frame, asked: Scheme | None) -> Iterator[_Sentence]:
    """Texts whose tags the reader kept, since they are not as the scheme writes them. Where another scheme is asked for
    than theirs, all texts, with the tags that their scheme writes."""
    whole = _SCHEMES.get(frame.taxonomy.metadata.get(_SCHEME))
    everything = asked is not None and whole is not None and asked != whole
    if not everything and not any(_TAGS in item.metadata for item in frame.items):
        return
    spans = _spans_of_items(frame)
    for at, item in enumerate(frame.items):
        kept = item.metadata.get(_TAGS)
        if item.kind != "text" or (kept is None and not everything):
            continue
        tokens = _tokens(item)
        rows = _rows_of_tokens(tokens, spans.get(at, []))
        scheme = _SCHEMES.get(item.metadata.get(_SCHEME)) or whole
        if kept is None and scheme is not None:
            yield _Sentence(_written(frame, rows, scheme), tokens, rows, scheme)
        elif len(tags := _parts(kept)) == len(tokens):
            yield _Sentence(tags, tokens, rows, scheme)


def _written(frame: Frame, rows: list[int | None], scheme: Scheme) -> list[str]:
    """The tags that a scheme writes for tokens of these spans."""
    return tagged([(row, "" if row is None else frame.label_of(row)) for row in rows], scheme)


def _spans_of_items(frame: Frame) -> dict[int, list[tuple[int, int, int]]]:
    """The spans (start, end, row) of each text, in the order of the text."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for row, start, end in zip(*frame.spans, strict=True):
        found.setdefault(int(frame.item[row]), []).append((start, end, row))
    return {item: sorted(spans) for item, spans in found.items()}


def _tokens(item: Item) -> list[str]:
    return _parts(item.metadata.get(_TOKENS)) or (item.text or "").split(" ")


def _parts(value: object) -> list[str]:
    """The values of tokens that the reader has joined."""
    return value.split("\t" if "\t" in value else " ") if isinstance(value, str) else []


def _rows_of_tokens(tokens: list[str], spans: list[tuple[int, int, int]]) -> list[int | None]:
    rows: list[int | None] = []
    starts = accumulate((len(token) + 1 for token in tokens), initial=0)
    at = 0
    for begin, _ in pairwise(starts):
        while at < len(spans) and spans[at][1] <= begin:
            at += 1
        rows.append(spans[at][2] if at < len(spans) and spans[at][0] <= begin else None)
    return rows
