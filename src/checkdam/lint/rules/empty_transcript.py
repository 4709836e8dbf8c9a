"""A transcript says nothing.

## What it catches

Transcripts that are empty, or hold nothing but white space and punctuation. One finding for each.

## Why it matters

An empty transcript under speech teaches a model to keep silent; many training programs fail on it.

## Example

```yaml
- name: forgotten
  items:
    - name: a.wav
      duration: 2.0
      annotations:
        - {label: text, geometry: {type: transcript, text: " "}}
    - name: b.wav
      duration: 2.0
      annotations:
        - {label: text, geometry: {type: transcript, text: seven}}
  findings:
    - annotations: [a.wav/0]
      message: "the transcript is empty"
      fix: delete the transcript
      safe: false
      fixed: [delete a.wav/0]
```

The fix deletes the transcript. It is not safe: somebody may have to listen.

## Options

None.

## False alarms

Parts without speech that are marked by an empty transcript on purpose.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, cut
from checkdam.schema import DeleteAnnotation, Finding, Fix, RuleGroup, Severity, SubjectKind, Transcript


class EmptyTranscript:
    name: ClassVar[str] = "empty-transcript"
    severity: ClassVar[Severity] = "warning"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    fixable: ClassVar[bool] = True
    group: ClassVar[RuleGroup] = "audio"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        rows = np.flatnonzero(frame.is_kind("transcript"))
        for row, geometry in zip(rows.tolist(), frame.geometries(rows), strict=True):
            if not isinstance(geometry, Transcript) or any(map(str.isalnum, geometry.text)):
                continue
            message = f"the transcript holds no word: {cut(geometry.text)}"
            yield annotation_finding(
                self,
                frame,
                [row],
                message if geometry.text.strip() else "the transcript is empty",
                fix=Fix("delete the transcript", (DeleteAnnotation(frame.annotation_id(row)),)),
            )
