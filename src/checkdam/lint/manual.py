"""Manual pages: what a rule's docstring says."""

import inspect
import re

import msgspec

from checkdam.lint.rule import Rule, group_of, is_default
from checkdam.schema import RuleInfo


def rule_info(rule: Rule) -> RuleInfo:
    """What is known of a rule without running it. `manual` is Markdown, from the docstring of the rule's module."""
    manual = inspect.cleandoc(inspect.getmodule(type(rule)).__doc__ or "")
    return RuleInfo(
        name=rule.name,
        severity=rule.severity,
        subject=rule.subject,
        summary=manual.split("\n\n", 1)[0].replace("\n", " "),
        manual=manual,
        options={field.name: msgspec.to_builtins(field.default) for field in msgspec.structs.fields(rule.Options)},
        fixable=rule.fixable,
        default=is_default(rule),
        group=group_of(rule),
    )


def sections(manual: str) -> dict[str, str]:
    """The text below each `## heading` of a manual page."""
    parts = re.split(r"^## (.+)$", manual, flags=re.MULTILINE)
    return {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}
