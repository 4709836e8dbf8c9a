"""A text holds characters that are no text.

## What it catches

Control characters (Unicode category Cc but for tab, line feed and carriage return), the replacement character U+FFFD,
and halves of surrogate pairs. One finding for each text.

## Why it matters

They are traces of a wrong encoding or of another program. U+0080 to U+009F mostly are the quotes, dashes and dots of
Windows-1252 read as Latin-1; U+FFFD stands where a character was lost. Tokenisers make unknown tokens of them, and
some programs end a line or a file there.

## Example

```yaml
- name: an ellipsis of Windows-1252
  items:
    - {name: "1", text: "wait\\u0085", categories: [negative]}
    - {name: "2", text: "a tab\\tis text", categories: [negative]}
  findings:
    - items: ["1"]
      message: "the text holds the control character U+0085 (in Windows-1252 '…'): 'wait\\\\x85'"
      fix: "put '…' for U+0085"
      safe: false
      fixed: ["replace 1: text 'wait…'"]
```

The fix reads U+0080 to U+009F as Windows-1252 and removes other control characters. It is not safe, and there is none
where a character was lost (U+FFFD), or where spans would be moved.

## Options

- `what` (default `"any"`): `"control"` reports only control characters and surrogates, `"replacement"` only U+FFFD.

## False alarms

Texts about encodings.
"""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, cut, item_finding
from checkdam.schema import Finding, Fix, Item, ReplaceItem, Severity, SubjectKind

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_FOUND = {
    "any": re.compile(f"[{_CONTROL}\ufffd]"),
    "control": re.compile(f"[{_CONTROL}]"),
    "replacement": re.compile("\ufffd"),
}


class ControlCharacters:
    name: ClassVar[str] = "control-characters"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        what: Literal["any", "control", "replacement"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        pattern = _FOUND[options.what]
        for row, item in enumerate(frame.items):
            if item.kind != "text" or item.text is None:
                continue
            places = [found.start() for found in pattern.finditer(item.text)]
            if not places:
                continue
            spans = any(frame.kinds[frame.kind[one]] == "span" for one in frame.rows_of_items[row])
            yield item_finding(
                self,
                frame,
                [row],
                f"the text holds {_named(item.text, places)}: {cut(item.text[max(places[0] - 20, 0) :])}",
                evidence={"places": places[:100], "count": len(places)},
                fix=None if spans or "\ufffd" in item.text else _fix(item, item.text),
            )


def _named(text: str, places: list[int]) -> str:
    distinct = list(dict.fromkeys(text[place] for place in places))
    shown = ", ".join(map(_name, distinct[:3])) + (f" and {len(distinct) - 3} more" if len(distinct) > 3 else "")
    if all(one == "\ufffd" for one in distinct):
        return "the replacement character U+FFFD" + (f" {len(places)} times" if len(places) > 1 else "")
    kind = "the control character" if len(places) == 1 else f"{len(places)} control characters,"
    return f"{kind} {shown}"


def _name(character: str) -> str:
    meant = _meant(character)
    return f"U+{ord(character):04X}" + (f" (in Windows-1252 {meant!r})" if meant else "")


def _meant(character: str) -> str:
    """What the byte of a C1 control character is in Windows-1252; empty where it is nothing."""
    if not 0x80 <= ord(character) <= 0x9F:
        return ""
    return bytes([ord(character)]).decode("cp1252", "ignore")


def _fix(item: Item, text: str) -> Fix:
    repaired = _FOUND["control"].sub(lambda found: _meant(found[0]), text)
    distinct = sorted(set(_FOUND["control"].findall(text)))
    if len(distinct) > 1:
        what = "put what Windows-1252 means, and remove other control characters"
    elif _meant(distinct[0]):
        what = f"put {_meant(distinct[0])!r} for U+{ord(distinct[0]):04X}"
    else:
        what = f"remove U+{ord(distinct[0]):04X}"
    return Fix(what, (ReplaceItem(structs.replace(item, text=repaired)),))
