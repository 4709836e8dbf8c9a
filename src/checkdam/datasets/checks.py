"""Checks at import, commit and export: a registry that higher layers add to, so that this one need not know them.

A check that runs *before* may refuse by raising a CheckdamError; nothing has become visible then. One that runs
*after* follows up (it submits a lint job, say); it may run again after a crash and has to be idempotent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from checkdam.schema import CheckdamError, Dataset, DatasetVersion, InputError

Stage = Literal["import", "commit", "export"]
When = Literal["before", "after"]
STAGES: tuple[Stage, ...] = ("import", "commit", "export")


@dataclass(frozen=True)
class CheckSubject:
    """What a check looks at. `version` is the new version after an import or commit, the version that is exported, or
    the newest one before (None before a dataset's first version). `actor` is who asked."""

    dataset: Dataset
    version: DatasetVersion | None
    actor: str


@dataclass(frozen=True)
class Check:
    """A named check of one stage."""

    name: str
    stage: Stage
    when: When
    run: Callable[[CheckSubject], None]


@dataclass
class Checks:
    """The registered checks; they run in the order in which they were added."""

    _checks: list[Check] = field(default_factory=list)

    def add(self, check: Check) -> None:
        """InputError when the stage has a check of that name already."""
        if any(known.name == check.name and known.stage == check.stage for known in self._checks):
            raise InputError(f"a check named {check.name!r} is registered at {check.stage} already", "choose a name")
        self._checks.append(check)

    def names(self, stage: Stage) -> tuple[str, ...]:
        return tuple(check.name for check in self._checks if check.stage == stage)

    def before(self, stage: Stage, subject: CheckSubject) -> None:
        """All refusals at once, as one InputError when there are several."""
        refusals: list[tuple[str, CheckdamError]] = []
        for check in self._matching(stage, "before"):
            try:
                check.run(subject)
            except CheckdamError as error:
                refusals.append((check.name, error))
        if len(refusals) == 1:
            raise refusals[0][1]
        if refusals:
            raise InputError(
                "; ".join(f"{name}: {error.detail}" for name, error in refusals),
                "; ".join(error.remedy for _, error in refusals if error.remedy),
            )

    def after(self, stage: Stage, subject: CheckSubject) -> None:
        for check in self._matching(stage, "after"):
            check.run(subject)

    def _matching(self, stage: Stage, when: When) -> list[Check]:
        return [check for check in self._checks if check.stage == stage and check.when == when]
