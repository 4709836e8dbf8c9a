"""What is found wrong, by anything: a rule, a benchmark, a disagreement, a model, a monitor."""

from hashlib import blake2b
from typing import Any, Literal

from msgspec import Struct, field

from checkdam.schema.dataset import Edit

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

SubjectKind = Literal["annotation", "item", "dataset"]


class Subject(Struct, frozen=True):
    """What a finding is about: one or more annotations or items (the first is the one to look at, or to remove), with
    the items they belong to; no ids for the dataset as a whole."""

    kind: SubjectKind
    ids: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


class Fix(Struct, frozen=True):
    """A suggested repair. `safe` means that it can be applied unseen: nothing that anybody could want is lost."""

    description: str
    edits: tuple[Edit, ...]
    safe: bool = False


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `evidence` is plain JSON: the numbers that the message is made of, for views to draw."""

    rule: str
    subject: Subject
    severity: Severity
    message: str
    label: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    fix: Fix | None = None
    location: str = ""

    @property
    def id(self) -> str:
        """The same for the same rule and subject in every run, so that what was dismissed once stays so."""
        text = "\x1f".join((self.rule, self.subject.kind, *self.subject.ids))
        return "f" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


RuleGroup = Literal["geometry", "labels", "items", "text", "audio", "set"]
"""What a rule looks at, as people look for it in a list."""


class RuleInfo(Struct, frozen=True, kw_only=True):
    """What is known of a rule without running it. `manual` is its manual page in Markdown; `options` maps each
    option's name to its default. A rule that is not `default` runs only where it is selected by name."""

    name: str
    severity: Severity
    subject: SubjectKind
    summary: str
    manual: str
    options: dict[str, Any] = field(default_factory=dict)
    fixable: bool = False
    default: bool = True
    group: RuleGroup = "geometry"
