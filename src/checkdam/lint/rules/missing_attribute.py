"""An attribute that the taxonomy requires is missing.

## What it catches

Annotations of a label with a required attribute, that do not have it, or have nothing in it. One finding for each
annotation, with all that is missing.

## Why it matters

Training on attributes skips such annotations, or takes the default for the truth. Mostly a tool let the annotation be
saved too early, or the attribute was added to the taxonomy later.

## Example

```yaml
- name: nobody said whether it is cut off
  taxonomy:
    - {name: Car, attributes: [{name: truncated, type: boolean, required: true, default: false}]}
  items:
    - name: street.jpg
      size: [416, 416]
      boxes:
        - [Car, 10, 10, 100, 50]
  findings:
    - annotations: [street.jpg/0]
      message: "Car misses the attribute 'truncated'"
      fix: fill in the default
      safe: false
      fixed: ["replace street.jpg/0: attribute truncated false"]
```

The fix fills in the taxonomy's defaults where every missing attribute has one. It is not safe: the default was not
looked at.

## Options

None.

## False alarms

Annotations that are not finished yet.
"""

from collections.abc import Iterator
from typing import ClassVar

from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, cut
from checkdam.lint.specs import absent, specified
from checkdam.schema import AttributeSpec, Finding, Fix, ReplaceAnnotation, RuleGroup, Severity, SubjectKind


class MissingAttribute:
    name: ClassVar[str] = "missing-attribute"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, specs, given in specified(frame):
            missing = [spec for spec in specs if spec.required and absent(given.get(spec.name))]
            if not missing:
                continue
            names = ", ".join(cut(spec.name) for spec in missing)
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} misses the attribute{'s' if len(missing) > 1 else ''} {names}",
                evidence={"missing": [spec.name for spec in missing]},
                fix=_fix(frame, row, missing),
            )


def _fix(frame: Frame, row: int, missing: list[AttributeSpec]) -> Fix | None:
    defaults = {spec.name: spec.default for spec in missing}
    if any(absent(value) for value in defaults.values()):
        return None
    annotation = frame.annotation(row)
    replaced = structs.replace(annotation, attributes=annotation.attributes | defaults)
    return Fix(f"fill in the default{'s' if len(missing) > 1 else ''}", (ReplaceAnnotation(replaced),))
