"""An image cannot be read.

## What it catches

Images whose file is missing, empty, cut short, not an image at all, or over the limits that protect the reader. One
finding for each image. Where not one image of the dataset is found, as when only the annotations were downloaded, that
is said once, as `info`.

## Why it matters

Training stops at such a file after an hour, or a loader silently leaves it out, with its labels.

## Example

```yaml
- name: a text file with the name of a picture
  items:
    - name: blood.jpg
      size: [640, 480]
      file: "404: not found"
    - name: other.jpg
      picture: {size: [64, 48], seed: 1}
  findings:
    - items: [blood.jpg]
      message: "the image is no readable image: *"
```

## Options

- `missing` (default `"also"`): `"also"` reports files that are missing and files that cannot be decoded, `"never"` only
  the second, `"only"` only the first.

## False alarms

A format that is not among those read (JPEG, PNG, WebP, BMP, TIFF, GIF), or a picture over the limit of pixels.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class UnreadableImage:
    name: ClassVar[str] = "unreadable-image"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        missing: Literal["also", "never", "only"] = "also"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        images = sum(item.kind == "image" for item in frame.items)
        lost = [row for row in np.flatnonzero(facts.missing).tolist() if frame.items[row].kind == "image"]
        if len(lost) == images and images > 1 and options.missing == "also":
            message = f"none of the {images} images is there: nothing that needs pixels was checked"
            yield item_finding(self, frame, [], message, severity="info", evidence={"missing": images})
            return
        if options.missing != "never":
            for row in lost:
                yield item_finding(self, frame, [row], "the image's file is missing", evidence={"missing": True})
        if options.missing != "only":
            for row, image in enumerate(facts.images):
                if image is not None and image.error is not None:
                    message = f"the image {image.error}"
                    yield item_finding(self, frame, [row], message, evidence={"error": image.error})
