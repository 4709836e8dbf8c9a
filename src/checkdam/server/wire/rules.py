"""Rules."""

from typing import Any, Literal

from checkdam.server.wire.base import Answer, Severity


class RuleOut(Answer):
    """`options` maps each option's name to its default."""

    name: str
    severity: Severity
    subject: Literal["annotation", "item", "dataset"]
    summary: str
    fixable: bool
    options: dict[str, Any]


class RuleDetailOut(RuleOut):
    """`manual` is the rule's manual page in Markdown."""

    manual: str
