"""What is checked, and how strictly: the `[lint]` and `[taxonomy]` tables of `checkdam.toml`.

[lint]
select = ["*"]               # rules by name or pattern; `*` leaves out those that are off by default
ignore = ["near-*"]
severity = "warning"         # the lowest severity that is reported

[lint.rules.duplicate-box]   # a rule's options, and the severity of all its findings
iou = 0.8
severity = "error"

[taxonomy]
labels = ["RBC", "WBC"]      # the only labels allowed, whatever the dataset declares
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from checkdam.lint.allowed import allowed
from checkdam.lint.registry import rules
from checkdam.lint.rule import Rule, is_default
from checkdam.schema import InputError, Problems, Severity
from checkdam.schema.finding import SEVERITIES

FILE_NAME = "checkdam.toml"


Names = Annotated[tuple[str, ...], Meta(min_length=1)]
"""An empty list would say that nothing is looked for, or that every label is wrong: nobody means that."""


class RuleConfig(Struct, frozen=True, kw_only=True):
    """What is set for one rule. `severity` replaces that of each of its findings."""

    options: dict[str, Any] = field(default_factory=dict)
    severity: Severity | None = None


class LintConfig(Struct, frozen=True, kw_only=True):
    """`select` and `ignore` are names or patterns (`*`, `?`) of rules; a rule that is off by default must be selected
    by another pattern than `*`. `severity` is the lowest that is reported; `labels`, where given, are the only labels
    allowed."""

    select: Names = ("*",)
    ignore: tuple[str, ...] = ()
    severity: Severity = "info"
    rules: dict[str, RuleConfig] = field(default_factory=dict)
    labels: Names | None = None

    def overridden(
        self,
        *,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        severity: Severity | None = None,
    ) -> "LintConfig":
        """The same with what the command line says: `select` and `severity` replace, `ignore` adds."""
        return msgspec.structs.replace(
            self,
            select=tuple(select) if select else self.select,
            ignore=(*self.ignore, *(ignore or ())),
            severity=severity or self.severity,
        )

    def at_least(self, severity: Severity) -> bool:
        """Whether findings of that severity are reported."""
        return SEVERITIES.index(severity) <= SEVERITIES.index(self.severity)


class Selected(Struct, frozen=True):
    """A rule that is to run, with its options."""

    rule: Rule
    options: Any
    severity: Severity | None


def find_config(folder: Path) -> Path | None:
    """The nearest `checkdam.toml`: in the folder, or in one above it."""
    for place in (folder, *folder.parents):
        if (place / FILE_NAME).is_file():
            return place / FILE_NAME
    return None


def load_config(path: Path) -> LintConfig:
    """Reads a `checkdam.toml`. Raises InputError with every mistake in it."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "check the path and that the file is UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}", "correct the file at the place named") from error
    return parse_config(table, str(path))


def parse_config(table: Mapping[str, Any], where: str = FILE_NAME) -> LintConfig:
    """The configuration in a parsed `checkdam.toml`. Other tables than `lint` and `taxonomy` belong to others and are
    left alone. Raises InputError with every mistake."""
    problems = Problems()
    lint = dict(_table(table, "lint", problems, where))
    rule_tables = _table(lint, "rules", problems, f"{where}: lint")
    lint.pop("rules", None)
    values = _fields(lint, LintConfig, ("select", "ignore", "severity"), problems, f"{where}: lint")
    values["rules"] = {
        name: _rule_config(name, settings, problems, f"{where}: lint.rules.{name}")
        for name, settings in rule_tables.items()
    }
    taxonomy = _table(table, "taxonomy", problems, where)
    values |= _fields(taxonomy, LintConfig, ("labels",), problems, f"{where}: taxonomy")
    config = LintConfig(**values)
    _check_names(config, problems, where)
    _refuse(problems, where)
    return config


def selected(config: LintConfig) -> list[Selected]:
    """The rules that run under the configuration, in the order of names, with their options. Raises InputError with
    every mistake in names and options."""
    problems = Problems()
    _check_names(config, problems, "configuration")
    result = []
    for name, rule in rules().items():
        own = config.rules.get(name, RuleConfig())
        options = _options(rule, own.options, problems, f"rule {name}")
        # `*` is every rule that runs by default; others must be named, by a pattern too.
        asked = config.select if is_default(rule) else [pattern for pattern in config.select if pattern != "*"]
        if _matches(name, asked) and not _matches(name, config.ignore):
            result.append(Selected(rule, options, own.severity))
    _refuse(problems, "the lint configuration")
    return result


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_names(config: LintConfig, problems: Problems, where: str) -> None:
    known = rules()
    for key, patterns in (("select", config.select), ("ignore", config.ignore)):
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in known):
                problems.add(f"{where}: {key}", f"no rule is named {pattern!r}", _nearest(pattern, known))
    for name in config.rules:
        if name not in known:
            problems.add(f"{where}: lint.rules.{name}", f"no rule is named {name!r}", _nearest(name, known))


def _rule_config(name: str, settings: Any, problems: Problems, where: str) -> RuleConfig:
    if not isinstance(settings, Mapping):
        problems.add(where, "is not a table", "write the rule's options below [lint.rules.NAME]")
        return RuleConfig()
    options = {key: value for key, value in settings.items() if key != "severity"}
    severity = {key: value for key, value in settings.items() if key == "severity"}
    values = _fields(severity, RuleConfig, ("severity",), problems, where)
    if (rule := rules().get(name)) is not None:
        _options(rule, options, problems, where)
    return RuleConfig(options=options, **values)


def _options(rule: Rule, given: Mapping[str, Any], problems: Problems, where: str) -> Any:
    names = tuple(field.name for field in msgspec.structs.fields(rule.Options))
    values = _fields(given, rule.Options, names, problems, where)
    return rule.Options(**values)


def _fields(
    given: Mapping[str, Any], struct: type[Struct], names: Sequence[str], problems: Problems, where: str
) -> dict[str, Any]:
    """The given values, converted one by one to the types of the struct's fields, so that each mistake is told."""
    types = {field.name: field.type for field in msgspec.structs.fields(struct)}
    values = {}
    for key, value in given.items():
        if key not in names:
            remedy = _nearest(key, names) if names else "the rule has no options"
            problems.add(f"{where}.{key}", "is not known here", remedy)
            continue
        try:
            values[key] = msgspec.convert(value, types[key])
        except msgspec.ValidationError:
            problems.add(
                f"{where}.{key}", f"{value!r} is not allowed", f"give {allowed(types[key])}, or no {key} at all"
            )
    return values


def _table(table: Mapping[str, Any], key: str, problems: Problems, where: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if isinstance(value, Mapping):
        return value
    problems.add(f"{where}: {key}", "is not a table", f"write [{key}] and its settings below")
    return {}


def _nearest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else "known: " + ", ".join(known)


def _refuse(problems: Problems, where: str) -> None:
    if problems:
        raise InputError(
            f"{where} holds {len(problems)} mistake{'s' if len(problems) > 1 else ''}:\n" + "\n".join(_lines(problems)),
            "correct them; `checkdam rule NAME` prints a rule's options",
            problems,
        )


def _lines(problems: Problems) -> Iterator[str]:
    for problem in problems:
        yield f"  {problem}"
