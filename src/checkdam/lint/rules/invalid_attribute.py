"""An attribute has a value that the taxonomy does not allow.

## What it catches

Attributes of the label, as the taxonomy declares them, with a value of another type (text for a number, a number for
true or false), one that is not among the choices, or a number that is not finite or outside its bounds. Attributes
that the taxonomy does not name are left alone, and so are empty ones (see missing-attribute). One finding for each
annotation, with all its attributes.

## Why it matters

A value outside the list of choices is a class of its own to a loader, or makes it stop; a number beyond its bounds was
mostly given in another unit.

## Example

```yaml
- name: a colour that is not on the list
  taxonomy:
    - {name: Car, attributes: [{name: colour, type: choice, choices: [red, white]}]}
  items:
    - name: street.jpg
      size: [416, 416]
      annotations:
        - {label: Car, geometry: {type: box, x: 10, y: 10, width: 90, height: 50}, attributes: {colour: Red}}
  findings:
    - annotations: [street.jpg/0]
      message: "Car attribute 'colour' is 'Red', not one of 'red', 'white'"
      fix: "change 'colour' to 'red'"
      safe: false
      fixed: ["replace street.jpg/0: attribute colour \\"red\\""]
```

The fix is offered where the only value that is wrong differs from one choice in letter case, spaces, dashes and
underscores alone. A person confirms it.

## Options

None.

## False alarms

A taxonomy that is older than the data.
"""

from collections.abc import Iterator
from math import isfinite
from typing import ClassVar

from msgspec import structs

from checkdam.lint.frame import Frame
from checkdam.lint.media import Facts
from checkdam.lint.rule import Need, NoOptions, annotation_finding, cut, number
from checkdam.lint.specs import absent, specified
from checkdam.measure.spelling import folded
from checkdam.schema import (
    AttributeSpec,
    AttributeValue,
    Finding,
    Fix,
    ReplaceAnnotation,
    RuleGroup,
    Severity,
    SubjectKind,
)

SHOWN = 5


class InvalidAttribute:
    name: ClassVar[str] = "invalid-attribute"
    severity: ClassVar[Severity] = "error"
    subject: ClassVar[SubjectKind] = "annotation"
    needs: ClassVar[frozenset[Need]] = frozenset()
    fixable: ClassVar[bool] = True
    group: ClassVar[RuleGroup] = "labels"
    Options = NoOptions

    def check(self, frame: Frame, facts: Facts, options: NoOptions) -> Iterator[Finding]:  # noqa: ARG002
        for row, specs, given in specified(frame):
            wrong = {}
            for spec in specs:
                value = given.get(spec.name)
                if not absent(value) and (reason := _reason(spec, value)) is not None:
                    wrong[spec.name] = (spec, value, reason)
            if not wrong:
                continue
            told = "; ".join(f"{cut(name)} is {cut(_text(value))}, {why}" for name, (_, value, why) in wrong.items())
            yield annotation_finding(
                self,
                frame,
                [row],
                f"{frame.label_of(row)} attribute{'s' if len(wrong) > 1 else ''} {told}",
                evidence={"wrong": {name: value for name, (_, value, _) in wrong.items()}},
                fix=_fix(frame, row, *next(iter(wrong.values()))[:2]) if len(wrong) == 1 else None,
            )


def _reason(spec: AttributeSpec, value: AttributeValue) -> str | None:
    """Why the value is not allowed; None if it is."""
    match spec.type:
        case "text":
            return None if isinstance(value, str) else "not a text"
        case "boolean":
            return None if isinstance(value, bool) else "not true or false"
        case "number":
            return _number_reason(spec, value)
        case "choice" | "multi_choice":
            several = spec.type == "multi_choice" and isinstance(value, tuple)
            values = value if several and isinstance(value, tuple) else (value,)
            if not spec.choices or all(_text(one) in spec.choices for one in values):
                return None
            more = ", …" if len(spec.choices) > SHOWN else ""
            return "not one of " + ", ".join(cut(choice) for choice in spec.choices[:SHOWN]) + more


def _number_reason(spec: AttributeSpec, value: AttributeValue) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not a number"
    if isinstance(value, float) and not isfinite(value):
        return "not a finite number"
    if spec.minimum is not None and value < spec.minimum:
        return f"below {number(spec.minimum)}"
    return f"above {number(spec.maximum)}" if spec.maximum is not None and value > spec.maximum else None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fix(frame: Frame, row: int, spec: AttributeSpec, value: AttributeValue) -> Fix | None:
    meant = [choice for choice in spec.choices if isinstance(value, str) and folded(choice) == folded(value)]
    if spec.type != "choice" or len(meant) != 1:
        return None
    annotation = frame.annotation(row)
    replaced = structs.replace(annotation, attributes=annotation.attributes | {spec.name: meant[0]})
    return Fix(f"change {spec.name!r} to {meant[0]!r}", (ReplaceAnnotation(replaced),))
