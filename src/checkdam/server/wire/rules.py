"""Rules."""

from typing import Any, Literal

from checkdam.server.wire.base import Answer, Severity


class RuleOut(Answer):
    """`options` maps each option's name to its default. A rule that is not `default` runs only where it is selected by
    name. `group` is what it looks at."""

    name: str
    severity: Severity
    subject: Literal["annotation", "item", "dataset"]
    summary: str
    fixable: bool
    default: bool
    group: Literal["geometry", "labels", "items", "text", "audio", "set"]
    options: dict[str, Any]


class LabelRateOut(Answer):
    """How many findings people accepted and dismissed; the share that was dismissed, null where none was decided; and
    its 95 % interval (Wilson)."""

    label: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float


class DatasetRateOut(Answer):
    """The same of a dataset by its name, and of those of its labels with enough decisions."""

    dataset: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float
    labels: list[LabelRateOut]


class RuleRateOut(Answer):
    """The same of a rule over all datasets. It is noisy where the whole interval is above a half; `hint` then says what
    to do."""

    rule: str
    accepted: int
    dismissed: int
    share: float | None
    low: float
    high: float
    noisy: bool
    hint: str | None
    datasets: list[DatasetRateOut]


class RuleDetailOut(RuleOut):
    """`manual` is the rule's manual page in Markdown."""

    manual: str
