"""An annotation has a label that the taxonomy does not know.

## What it catches

Labels that are not among those the dataset declares (COCO's `categories`, YOLO's `names`), or, where `checkdam.toml`
gives `[taxonomy] labels`, among those. Where neither declares a label there is nothing to compare with, and nothing is
reported. Labels are compared letter by letter. One finding for each annotation.

## Why it matters

A misspelt label is a class of its own to a loader, or makes it stop; an id beyond the list of names shifts labels to
the wrong class.

## Example

```yaml
- name: a spelling of its own
  taxonomy: [RBC, WBC]
  items:
    - name: blood.jpg
      size: [640, 480]
      boxes:
        - [rbc, 10, 10, 100, 100]
        - [RBC, 300, 10, 100, 100]
  findings:
    - annotations: [blood.jpg/0]
      message: "label 'rbc' is not in the taxonomy; did you mean 'RBC'?"
      fix: "change the label to 'RBC'"
      safe: false
      fixed: ["replace blood.jpg/0: label RBC"]
```

The fix is offered where one label of the taxonomy differs only in letter case, spaces, dashes and underscores. A
person confirms it.

## Options

None.

## False alarms

A list in `checkdam.toml` that is out of date.
"""

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from typing import ClassVar

import numpy as np
from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, cut
from checkdam.measure.spelling import folded
from checkdam.schema import Annotation, Finding, Fix, MultiCategory, ReplaceAnnotation, RuleGroup, Severity, SubjectKind


class UnknownLabel:
    name: ClassVar[str] = "unknown-label"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        known = frame.taxonomy.names()
        if not known:
            return
        several = frame.is_kind("multi_category")
        unknown = [code for code, label in enumerate(frame.labels) if label not in set(known)]
        advice = {label: _nearest(label, known) for label in (frame.labels[code] for code in unknown)}
        for row in np.flatnonzero(np.isin(frame.label, unknown) | several).tolist():
            annotation = frame.annotation(row)
            if several[row]:
                yield from self._answers(frame, row, annotation, known)
                continue
            near, same = advice[annotation.label]
            fix = None
            if same is not None:
                replaced = structs.replace(annotation, label=same)
                fix = Fix(f"change the label to {same!r}", (ReplaceAnnotation(replaced),))
            yield annotation_finding(
                self, frame, [row], _message("label", annotation.label, near), evidence={"near": near}, fix=fix
            )

    def _answers(self, frame: Frame, row: int, annotation: Annotation, known: tuple[str, ...]) -> Iterator[Finding]:
        """The labels of a multi-category; its own label names the question."""
        geometry = annotation.geometry
        labels = geometry.labels if isinstance(geometry, MultiCategory) else ()
        wrong = [label for label in labels if label not in known]
        if wrong:
            message = _message("answer", wrong[0], _nearest(wrong[0], known)[0])
            yield annotation_finding(self, frame, [row], message, evidence={"unknown": wrong})


def _message(what: str, label: str, near: str | None) -> str:
    return f"{what} {cut(label)} is not in the taxonomy" + ("" if near is None else f"; did you mean {near!r}?")


def _nearest(label: str, known: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The most similar known label; and the one that is the same but for case and separators, if it is the only one."""
    by_letters = defaultdict(list)
    for name in known:
        by_letters[folded(name)].append(name)
    same = by_letters.get(folded(label), [])
    if len(same) == 1:
        return same[0], same[0]
    near = get_close_matches(label[:200], known, n=1, cutoff=0.75)
    return (near[0] if near else None), None
