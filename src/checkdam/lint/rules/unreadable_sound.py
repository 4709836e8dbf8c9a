"""A sound file cannot be decoded, or is missing.

## What it catches

Sound files that are missing, empty, cut off, damaged, or no sounds at all. One finding for each item.

## Why it matters

What cannot be read cannot be trained on: a training run fails hours after it began, or leaves the file out unseen.

## Example

```yaml
- name: a page of text that is named as a sound
  items:
    - {name: a.wav, sound: {tone: 440}}
    - {name: b.wav, file: "<html>not found</html>"}
  findings:
    - items: [b.wav]
      message: "the sound is no readable sound: *"
```

## Options

- `missing` (default `"also"`): `"also"` reports files that are missing and files that cannot be decoded, `"never"` only
  the second, `"only"` only the first.

## False alarms

A format that is not among those read (WAV, AIFF, FLAC, Ogg, MP3), or a sound over the limit of length.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from msgspec import Struct

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, item_finding
from checkdam.schema import Finding, Severity, SubjectKind


class UnreadableSound:
    name: ClassVar[str] = "unreadable-sound"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "item"
    needs: ClassVar[frozenset[Need]] = frozenset({"sound"})
    fixable: ClassVar[bool] = False

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        missing: Literal["also", "never", "only"] = "also"

    def check(self, frame: Frame, facts: Facts, options: Options) -> Iterator[Finding]:
        sounds = sum(item.kind == "audio" for item in frame.items)
        lost = [row for row in np.flatnonzero(facts.missing).tolist() if frame.items[row].kind == "audio"]
        if len(lost) == sounds and sounds > 1 and options.missing == "also":
            message = f"none of the {sounds} sounds is there: nothing that needs them was checked"
            yield item_finding(self, frame, [], message, severity="info", evidence={"missing": sounds})
            return
        if options.missing != "never":
            for row in lost:
                yield item_finding(self, frame, [row], "the sound's file is missing", evidence={"missing": True})
        if options.missing != "only":
            for row, sound in enumerate(facts.sounds):
                if sound is not None and sound.error is not None:
                    yield item_finding(self, frame, [row], f"the sound {sound.error}", evidence={"error": sound.error})
