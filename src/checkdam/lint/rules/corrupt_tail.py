"""An image file is damaged at its end, or something follows its end.

## What it catches

- JPEG pictures whose lower rows are all of one grey: the data ended early, and the decoder filled them in.
- JPEG, PNG and WebP files without the format's end marker, that decode all the same.
- Files with bytes after the end marker.

Files that do not decode at all are reported by unreadable-image. One finding for each image.

## Why it matters

A download or a copy that broke off leaves a picture that opens without an error, and whose boxes lie on nothing. Bytes
after the end mostly are a second picture, a film or a script that a tool has hung on; they cost space, and should not
be passed on unseen.

## Example

```yaml
- name: the file broke off, and a tool closed it again
  items:
    - {name: cut.jpg, picture: {size: [640, 480], seed: 1, noise: 40, format: JPEG, cut: 0.5, closed: true}}
    - {name: long.png, picture: {seed: 2, append: 1000}}
  findings:
    - items: [cut.jpg]
      message: "the lower * % of the picture are missing: the file's data end too early"
      severity: error
    - items: [long.png]
      message: "1000 bytes follow the end of the picture"
      severity: info
```

Missing rows are an `error`, a missing end marker is a `warning`, bytes after the end are an `info`.

## Options

- `rows` (default `0.02`): the share of the rows that must be missing.
- `bytes` (default `16`): how many bytes must follow the end. Writers that fill files up leave a few.

## False alarms

A picture whose lower part really is of one middle grey, exactly (128, 128, 128); "motion photos" of phones, which hang
a film on.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from checkdam.lint.frame import Frame
from checkdam.lint.image_facts import ImageFacts
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class CorruptTail:
    name: ClassVar[str] = "corrupt-tail"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        rows: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.02
        bytes: Annotated[int, Meta(ge=1)] = 16

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        for row, image in enumerate(facts.images):
            told = None if image is None else _told(image, options)
            if image is None or told is None:
                continue
            message, severity = told
            evidence = {"trailing": image.trailing, "unfilled": image.unfilled}
            yield item_finding(self, frame, [row], message, severity=severity, evidence=evidence)


def _told(image: ImageFacts, options: CorruptTail.Options) -> tuple[str, Severity] | None:
    if image.unfilled is not None and image.unfilled >= options.rows:
        share = f"{100 * image.unfilled:.0f} %"
        return f"the lower {share} of the picture are missing: the file's data end too early", "error"
    if image.trailing is None:
        return None
    if image.trailing < 0:
        return f"the {image.format} file has no end marker: it may have broken off", "warning"
    if image.trailing >= options.bytes:
        return f"{image.trailing} bytes follow the end of the picture", "info"
    return None
