"""A file's ending does not say what is in it.

## What it catches

Images whose ending belongs to another format than their content, such as a WebP picture named `.jpg`, and images
without an ending that is known. One finding for each image.

## Why it matters

Programs that go by the ending choose the wrong decoder and fail, or leave the file out without a word. TensorFlow and
many loaders do.

## Example

```yaml
- name: a PNG in the clothes of a JPEG
  items:
    - {name: a.jpg, picture: {seed: 1, format: PNG}}
    - {name: b.jpg, picture: {seed: 2, format: JPEG}}
  findings:
    - items: [a.jpg]
      message: "the file ends in .jpg but holds a PNG picture"
```

## Options

None.

## False alarms

None are known.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, cut, item_finding
from checkdam.schema import Finding, Severity, SubjectKind

_ENDINGS = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "MPO": frozenset({".jpg", ".jpeg", ".mpo"}),
    "PNG": frozenset({".png", ".apng"}),
    "WEBP": frozenset({".webp"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "GIF": frozenset({".gif"}),
}


class WrongExtension:
    name: ClassVar[str] = "wrong-extension"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"media"})
    fixable: ClassVar[bool] = False
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, image in enumerate(facts.images):
            if image is None or image.format is None:
                continue
            ending = PurePosixPath(frame.items[row].name).suffix
            if ending.lower() in _ENDINGS.get(image.format, frozenset({ending.lower()})):
                continue
            ends = f"ends in {cut(ending, 20)[1:-1]} but" if ending else "has no ending and"
            yield item_finding(
                self,
                frame,
                [row],
                f"the file {ends} holds a {image.format} picture",
                evidence={"ending": ending, "format": image.format},
            )
