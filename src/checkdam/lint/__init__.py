"""Linters for data: rules that look at a dataset's columns and media, and say what is wrong and how to repair it."""

import checkdam.lint.rules  # noqa: F401  Loaded first: loaded later, the package would take the name of the function.
from checkdam.lint.config import LintConfig, RuleConfig, find_config, load_config, parse_config
from checkdam.lint.frame import Frame, FrameBuilder
from checkdam.lint.image_facts import ImageFacts
from checkdam.lint.manual import rule_info
from checkdam.lint.media import AnyFacts, Facts, FactStore, MediaFacts, MediaLookup, MemoryFacts, Progress
from checkdam.lint.registry import rule, rules
from checkdam.lint.rule import Rule
from checkdam.lint.run import lint, runs
from checkdam.lint.sound_facts import SoundFacts

__all__ = [
    "AnyFacts",
    "FactStore",
    "Facts",
    "Frame",
    "FrameBuilder",
    "ImageFacts",
    "LintConfig",
    "MediaFacts",
    "MediaLookup",
    "MemoryFacts",
    "Progress",
    "Rule",
    "RuleConfig",
    "SoundFacts",
    "find_config",
    "lint",
    "load_config",
    "parse_config",
    "rule",
    "rule_info",
    "rules",
    "runs",
]
