"""The reference of all rules: `python -m checkdam.lint.reference` writes `docs/rules.md`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from checkdam.lint.manual import rule_info
from checkdam.lint.registry import rules

PAGE = Path("docs/rules.md")


def rules_page() -> str:
    """The reference of all rules (`docs/rules.md`)."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    infos = [rule_info(rule) for rule in rules().values()]
    yield "# Rules\n"
    yield "<!-- Generated from the rules' docstrings by `python -m checkdam.lint.reference`; a test holds it. -->\n"
    yield 'A rule marked *off* runs only where it is selected by name: `select = ["*", "touching-frame"]`.\n'
    yield "| rule | severity | about | fix | what it catches |"
    yield "|---|---|---|---|---|"
    for info in infos:
        fix = "yes" if info.fixable else ""
        severity = info.severity if info.default else f"{info.severity}, off"
        yield f"| [{info.name}](#{info.name}) | {severity} | {info.subject} | {fix} | {info.summary} |"
    for info in infos:
        yield f"\n## {info.name}\n"
        yield re.sub(r"^## ", "### ", info.manual, flags=re.MULTILINE)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(rules_page(), "utf-8")
