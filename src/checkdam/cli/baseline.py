"""`--baseline`: old findings stay quiet, and which of them are gone is told."""

from dataclasses import dataclass, field
from pathlib import Path

from checkdam.cli import console
from checkdam.cli.report import write_text
from checkdam.cli.request import Request
from checkdam.lint import Frame, LintConfig, MediaLookup
from checkdam.lint.baseline import Baseline, Compared, Entry, compare, dump, load, of_findings, updated
from checkdam.lint.config import selected
from checkdam.lint.run import runs
from checkdam.schema import Finding, NotFoundError

MOST_TOLD = 20


@dataclass
class OldFindings:
    """The findings that the baseline of a request knows, or none."""

    path: Path | None
    known: Baseline
    config: LintConfig
    compared: Compared = field(default_factory=lambda: Compared([], 0, []))

    @classmethod
    def of(cls, request: Request, config: LintConfig) -> "OldFindings":
        """Reads the baseline before any work is done. Raises NotFoundError where there is none and none is asked to be
        written, InputError where it is malformed."""
        path = request.baseline
        if path is None or (request.update_baseline and not path.exists()):
            return cls(path, Baseline(), config)
        if not path.exists():
            raise NotFoundError(f"{path} does not exist", "write it with --update-baseline")
        return cls(path, load(path), config)

    def new(self, findings: list[Finding], frame: Frame, media: MediaLookup | None) -> list[Finding]:
        """The findings that the baseline does not know."""
        if self.path is None:
            return findings
        self.compared = compare(findings, frame, self.known, self._looked(media))
        return self.compared.new

    def update(self, findings: list[Finding], frame: Frame, media: MediaLookup | None) -> None:
        """Writes what was found to the baseline. What was not looked for stays in it."""
        if self.path is None:
            return
        looked = self._looked(media)
        gone = len(compare(findings, frame, self.known, looked).gone)
        entries = updated(of_findings(findings, frame), self.known, looked)
        write_text(self.path, dump(entries), "--baseline")
        total = sum(entry.count for entry in entries.findings)
        console.note(f"it holds {console.counted(total, 'finding')}; {gone} old entries are gone")

    def tell(self) -> None:
        """How many findings were silenced, and which entries of the baseline are gone."""
        if self.path is None:
            return
        gone = self.compared.gone
        console.note(f"{console.counted(self.compared.silenced, 'old finding')} silenced by {self.path}")
        for entry in gone[:MOST_TOLD]:
            times = f" ({entry.count} times)" if entry.count > 1 else ""
            console.note(f"gone: {entry.place}: {entry.rule}: {entry.message}{times}")
        if len(gone) > MOST_TOLD:
            console.note(f"gone: {len(gone) - MOST_TOLD} more")
        if gone:
            console.note("--update-baseline takes what is gone out of it")

    def _looked(self, media: MediaLookup | None) -> "_Looked":
        return _Looked(frozenset(one.rule.name for one in selected(self.config) if runs(one.rule, media)), self.config)


@dataclass(frozen=True)
class _Looked:
    """Whether this run would have told the finding of an entry, were it still there."""

    rules: frozenset[str]
    config: LintConfig

    def __call__(self, entry: Entry) -> bool:
        return entry.rule in self.rules and self.config.at_least(entry.severity)
