"""Kills a process at random moments of its work, again and again, and looks at what it leaves."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checkdam.storage.sql import reading
from checkdam.workspace import Workspace
from contract import story

KILLED = -signal.SIGKILL
LONGEST_SECONDS = 60.0
OPEN = "open"


@dataclass(frozen=True)
class Ended:
    """How a child ended, the steps that it acknowledged, and the operations it had done at each."""

    status: int
    acknowledged: list[str]
    operations: list[int]


class Zygote:
    """The process that forks the children."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("campaign_child.py"))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def child(self, **order: Any) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        done, operations = [], []
        while True:
            word, _, rest = self._process.stdout.readline().rstrip("\n").partition(" ")
            if word == "ended":
                return Ended(int(rest), done, operations)
            assert word == "done", "the zygote has died"
            step, _, count = rest.partition("\t")
            done.append(step)
            operations.append(int(count))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@dataclass
class Reference:
    """What an undisturbed life gives: the versions, the exported files, and the operations that each step takes."""

    versions: list[tuple[int, str, str]]
    exported: dict[str, str]
    operations: dict[str, int]
    pace: float
    """Seconds an operation; kept up to date, since other work on the machine changes it."""


@dataclass
class Tally:
    """What happened: kills by the step that they hit, and how they were timed."""

    seed: int
    hit: Counter[str] = field(default_factory=Counter)
    timed: Counter[str] = field(default_factory=Counter)
    lives: int = 0

    @property
    def kills(self) -> int:
        return sum(self.hit.values())

    def __str__(self) -> str:
        hit = ", ".join(f"{name} {count}" for name, count in self.hit.items())
        timed = ", ".join(f"{count} by {name}" for name, count in sorted(self.timed.items()))
        return f"seed {self.seed}: {self.kills} kills ({timed}) in {self.lives} lives: {hit}"


def refer(zygote: Zygote, folder: Path, database: str | None) -> Reference:
    """Lives the story once, undisturbed."""
    story.make_sources(folder)
    begun = time.monotonic()
    ended = zygote.child(
        folder=str(folder), steps=list(story.STEPS), deadly=0, seconds=LONGEST_SECONDS, database=database
    )
    seconds = time.monotonic() - begun
    assert ended.status == 0
    counts = [after - before for before, after in zip([0, *ended.operations], ended.operations, strict=False)]
    with Workspace.open(folder / "home", database) as workspace:
        known = story.versions(workspace)
    operations = dict(zip([OPEN, *story.STEPS], counts, strict=True))
    return Reference(known, story.tree(folder / "exported"), operations, seconds / sum(counts))


def campaign(zygote: Zygote, folder: Path, tally: Tally, kills: int, new_database: Callable[[], str | None]) -> None:
    """Lives the story over and over, killed about twice a step, until there were so many kills. AssertionError, which
    names the seed, where something acknowledged is lost, or a part of something can be seen."""
    rng = random.Random(tally.seed)  # noqa: S311  # to be repeated
    reference = refer(zygote, folder / "reference", new_database())
    while tally.kills < kills:
        life = folder / f"life{tally.lives}"
        shutil.copytree(folder / "reference", life, ignore=shutil.ignore_patterns("home", "exported"))
        database = new_database()
        left = list(story.STEPS)
        tally.lives += 1
        while True:
            order = {"folder": str(life), "steps": left, "database": database}
            ended = _next(zygote, rng, reference, order, tally)
            done = [step for step in ended.acknowledged if step != OPEN]
            assert done == left[: len(done)]
            left = left[len(done) :]
            if ended.status != KILLED:
                assert ended.status == 0, f"{tally}: life {tally.lives} fails at {left[:1]}"
                break
            tally.hit[left[0] if OPEN in ended.acknowledged and left else OPEN] += 1
            _look(reference, life, database, left, tally)
        _look(reference, life, database, [], tally)
        shutil.rmtree(life)


def _next(zygote: Zygote, rng: random.Random, reference: Reference, order: dict[str, Any], tally: Tally) -> Ended:
    """One child: killed at an operation, or after a time, somewhere in the next step or a little later."""
    next_steps = [OPEN, *order["steps"][:1]]
    operations = sum(reference.operations[step] for step in next_steps) * 3 // 2
    by_time = rng.random() < 0.5
    deadly = 0 if by_time else rng.randrange(1, operations + 1)
    seconds = rng.uniform(0.0, operations * reference.pace) if by_time else LONGEST_SECONDS
    begun = time.monotonic()
    ended = zygote.child(**order, deadly=deadly, seconds=seconds)
    if deadly and ended.status == KILLED:
        reference.pace += ((time.monotonic() - begun) / deadly - reference.pace) / 4
    if ended.status == KILLED:
        tally.timed["time" if by_time else "operation"] += 1
    return ended


def _look(reference: Reference, life: Path, database: str | None, left: Sequence[str], tally: Tally) -> None:
    """What was acknowledged is there, whole; nothing else but the next version, whole, may be."""
    where = f"{tally}: life {tally.lives} after {list(story.STEPS)[len(story.STEPS) - len(left) - 1 :][:1]}"
    done = len(story.STEPS) - len(left)
    acknowledged = [0, *(count for _, count in story.STEPS.values())][done]
    following = story.STEPS[left[0]][1] if left else acknowledged
    with Workspace.open(life / "home", database) as workspace:
        with reading(workspace.engine) as connection:
            if database is None:
                assert connection.execute(sa.text("PRAGMA integrity_check")).scalars().all() == ["ok"], where
                assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == [], where
        found = story.versions(workspace)
        assert acknowledged <= len(found) <= following, where
        assert found == reference.versions[: len(found)], where
        problems = list(workspace.damaged())
        assert problems == [], (where, problems)
        for number, _, _ in found:
            version = workspace.datasets.versions.get(story.NAME, number)
            records = list(workspace.datasets.versions.records(story.NAME, number))
            counted = len(records), sum(len(annotations) for _, annotations in records)
            assert counted == (version.item_count, version.annotation_count), where
            assert all(item.blob and workspace.blobs.exists(item.blob) for item, _ in records), where
    if (life / "exported").exists():
        assert story.tree(life / "exported") == reference.exported, where
    else:
        assert left, where
