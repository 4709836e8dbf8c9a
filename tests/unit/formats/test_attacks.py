"""Every attack on every file of every format: reading ends soon, in little memory, with problems that say what to do,
and what is read is sound.

The table is attacks times formats; a format is in it by being registered. An attack that no file of a format can be
made of says why in `attacking.attacks`.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from checkdam.formats import Entry, Format, format_named, formats
from checkdam.guard import DEFAULT_LIMITS
from checkdam.schema import InputError, Problem, Problems
from fuzz.seeds import WRITTEN, Seed, seeds
from unit.formats.attacking import MEDIA, SYNTAX, Attack, attacks, syntax_of
from unit.formats.making import sorted_events

ATTACKS = dict(attacks())
SECONDS = 5.0
MEMORY = 200 << 20


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Seed]]:
    """The datasets of each format, not to be changed."""
    return {name: seeds(format, tmp_path_factory.mktemp(name)) for name, format in formats().items()}


def chosen(files: list[Seed]) -> Iterator[Seed]:
    """The files that differ in what reads them: of what our writer wrote, the first of each syntax."""
    met: set[str] = set()
    for seed in files:
        if seed.dataset != WRITTEN or syntax_of(seed.path) not in met:
            met.add(syntax_of(seed.path))
            yield seed


@contextmanager
def bounded(what: str, slack: int) -> Iterator[None]:
    """Fails if more than so much of the processor or of memory is taken meanwhile. `slack` is for files that are
    mapped, whose pages count as ours."""
    pa.default_memory_pool().release_unused()
    reset = Path("/proc/self/clear_refs")
    measured = os.access(reset, os.W_OK)
    if measured:
        reset.write_text("5")
    before, begin = _memory("VmRSS"), time.process_time()
    yield
    taken = time.process_time() - begin
    assert taken < SECONDS, f"{what}: {taken:.1f} s"
    if measured:
        grown = _memory("VmHWM") - before
        assert grown < MEMORY + slack, f"{what}: {grown >> 20} MB"


def _memory(field: str) -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(each for each in status.read_text().splitlines() if each.startswith(field))
    return int(line.split()[1]) * 1024


def read(format: Format, root: Path) -> tuple[list[Any], list[Problem]]:
    """What is read, and what is told. Recognising the format is attacked as well."""
    problems, told = Problems(), Problems()
    with suppress(InputError):
        format.detect(root)
    try:
        format.count(root)
        format.near_misses(root, told)
        taxonomy, entries, annotations = sorted_events(format.read(root, problems, DEFAULT_LIMITS))
    except InputError as error:
        return [], [Problem(str(root), error.detail, error.remedy), *error.problems]
    return [taxonomy, *entries, *annotations], [*problems, *told]


def check(root: Path, events: list[Any], told: list[Problem]) -> None:
    for problem in told:
        assert problem.where
        assert problem.what
        assert problem.remedy, problem
        assert len(str(problem).replace(str(root), "")) < 700, problem
        str(problem).encode()
        assert not any(ord(character) < 32 for character in problem.what), problem
    inside = root.resolve()
    for event in events:
        value = event.item if isinstance(event, Entry) else event
        assert b"\\u0000" not in msgspec.json.encode(value)
        if isinstance(event, Entry) and event.media is not None:
            assert event.media.resolve().is_relative_to(inside), event.media


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", formats())
@pytest.mark.parametrize("attack", ATTACKS)
def test_attack(sound: dict[str, list[Seed]], tmp_path: Path, attack: str, name: str) -> None:
    one, format = ATTACKS[attack], format_named(name)
    files = [seed for seed in chosen(sound[name]) if syntax_of(seed.path) in one.syntaxes]
    if not files and not one.syntaxes & MEDIA:
        assert one.why, f"say why {name} has no file for this attack"
    for seed in files:
        attacked(one, format, seed, tmp_path / seed.dataset, f"{attack} in {seed.name}")
        shutil.rmtree(tmp_path / seed.dataset)


def attacked(attack: Attack, format: Format, seed: Seed, root: Path, what: str) -> None:
    shutil.copytree(seed.root, root)
    path = root / seed.name
    attack.make(path)
    with bounded(what, path.stat().st_size if path.is_file() else 0):
        events, told = read(format, root)
    check(root, events, told)
    if attack.told:
        assert told, what


@pytest.mark.parametrize("name", formats())
def test_each_file_of_a_format_has_a_syntax(sound: dict[str, list[Seed]], name: str) -> None:
    """A file of a new kind is attacked once its syntax is named in `attacking.SYNTAX`."""
    assert {seed.path.suffix for seed in sound[name]} <= SYNTAX.keys()
    assert any(syntax_of(seed.path) not in MEDIA for seed in sound[name])
