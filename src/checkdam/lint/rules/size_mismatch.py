"""The declared size of an image is not that of its file.

## What it catches

Images whose declared width and height (VOC's `<size>`, COCO's `width` and `height`) differ from the size of the
decoded file: other numbers, exchanged ones, or zero. Where the file is not at hand only a size that is zero or negative
can be seen. One finding for each image.

## Why it matters

Relative coordinates are made by dividing by the declared size: where it is wrong, every box of the image moves, and
nothing fails.

## Example

```yaml
- name: width and height exchanged
  items:
    - name: street.jpg
      size: [48, 64]
      picture: {size: [64, 48], seed: 1}
  findings:
    - items: [street.jpg]
      message: "declared size 48 × 64 px is that of the file (64 × 48 px) transposed"
      fix: set the size to 64 × 48 px
      safe: true
      fixed: ["replace street.jpg: size 64 48"]
```

The fix sets the size of the file, which is safe: it is what the pixels say. It does not move any box.

## Options

- `what` (default `"any"`): `"any"` reports every difference, `"zero"` only declared sizes that are not positive,
  `"transposed"` only exchanged ones, `"other"` only the rest.

## False alarms

A phone's picture that is stored lying and shown upright: the message then names the EXIF orientation, the finding is a
`warning`, and its fix is not safe, since its boxes were most likely drawn on the upright picture.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct, structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Fix, ReplaceItem, Severity, SubjectKind


class SizeMismatch:
    name: ClassVar[str] = "size-mismatch"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"size"})
    fixable: ClassVar[bool] = True

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        what: Literal["any", "zero", "transposed", "other"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, item in enumerate(frame.items):
            if item.kind != "image" or item.width is None or item.height is None:
                continue
            declared, image = (item.width, item.height), facts.images[row]
            real = None if image is None or image.width is None or image.height is None else (image.width, image.height)
            what = _what(declared, real)
            if what is None or options.what not in ("any", what):
                continue
            turned = what == "transposed" and image is not None and image.orientation >= 5
            fix = None
            if real is not None:
                replaced = structs.replace(item, width=real[0], height=real[1])
                fix = Fix(f"set the size to {_px(real)}", (ReplaceItem(replaced),), safe=not turned)
            yield item_finding(
                self,
                frame,
                [row],
                _message(declared, real, what, image.orientation if turned and image is not None else None),
                severity="warning" if turned else self.severity,
                evidence={"declared": list(declared), "real": None if real is None else list(real), "what": what},
                fix=fix,
            )


def _what(declared: tuple[int, int], real: tuple[int, int] | None) -> Literal["zero", "transposed", "other"] | None:
    if declared[0] <= 0 or declared[1] <= 0:
        return "zero"
    if real is None or declared == real:
        return None
    return "transposed" if declared == real[::-1] else "other"


def _message(declared: tuple[int, int], real: tuple[int, int] | None, what: str, orientation: int | None) -> str:
    if real is None:
        return f"declared size {_px(declared)} cannot be that of an image"
    if what == "transposed":
        why = "" if orientation is None else f", as its EXIF orientation {orientation} shows it"
        return f"declared size {_px(declared)} is that of the file ({_px(real)}) transposed{why}"
    return f"declared size {_px(declared)} is not that of the file ({_px(real)})"


def _px(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} px"
