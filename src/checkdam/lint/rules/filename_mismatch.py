"""The file name in an annotation is not that of the image.

## What it catches

Images whose annotation file names another file than the one it lies beside: VOC's `<filename>` with another stem, or
with the stem of the image and another ending. Letter case counts. One finding for each image.

## Why it matters

Programs differ in which of the two they believe. One that believes the name opens another image, or none: its boxes
then are those of another picture.

## Example

```yaml
- name: renamed after it was labelled
  items:
    - {name: street.jpg, metadata: {filename: IMG_0001.jpg}}
    - {name: road.jpg, metadata: {filename: road.png}}
  findings:
    - items: [street.jpg]
      message: "the annotation names the file IMG_0001.jpg, not street.jpg"
    - items: [road.jpg]
      message: "the annotation names the file road.png, not road.jpg: only the ending differs"
      severity: info
```

Where only the ending differs the finding is an `info`.

## Options

- `what` (default `"any"`): `"stem"` reports only names with another stem, `"extension"` only those with another ending.

## False alarms

Images that were converted or renumbered together with their annotation files; every image is reported then.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, cut, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class FilenameMismatch:
    name: ClassVar[str] = "filename-mismatch"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        what: Literal["any", "stem", "extension"] = "any"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:  # noqa: ARG002
        for row, item in enumerate(frame.items):
            told = item.metadata.get("filename")
            if item.kind != "image" or not isinstance(told, str) or not told.strip():
                continue
            named, real = _base(told), PurePosixPath(item.name)
            if named.name == real.name:
                continue
            what = "stem" if named.stem != real.stem else "extension"
            if options.what not in ("any", what):
                continue
            shown = cut(named.name)[1:-1]
            yield item_finding(
                self,
                frame,
                [row],
                f"the annotation names the file {shown}, not {real.name}"
                + (": only the ending differs" if what == "extension" else ""),
                severity="info" if what == "extension" else self.severity,
                evidence={"named": told, "what": what},
            )


def _base(told: str) -> PurePosixPath:
    """The last part of a path, whichever way its strokes lean."""
    return PurePosixPath(told.strip().replace("\\", "/").rpartition("/")[2])
