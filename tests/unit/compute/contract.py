"""What every executor keeps. Run over the pool here, and over both in `tests/peers`, where Ray is."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from checkdam.compute import Executor
from checkdam.lint.media import image_facts
from checkdam.schema import InputError

Make = Callable[[], Executor]


def double(value: int) -> int:
    return 2 * value


def slow_first(value: int) -> int:
    time.sleep(0.2 if value == 0 else 0.0)
    return value


def picky(value: int) -> int:
    if value == 37:
        raise InputError("37 is refused", "leave it out")
    return value


def touch(path: str) -> None:
    Path(path).touch()
    time.sleep(0.01)


class ExecutorContract:
    """Subclasses have a fixture `executor`."""

    def test_results_come_in_order(self, executor: Executor) -> None:
        assert list(executor.map(double, range(1_000))) == [2 * value for value in range(1_000)]
        assert list(executor.map(slow_first, range(50))) == list(range(50))
        assert list(executor.map(double, [])) == []

    def test_the_first_error_comes_in_its_place_as_itself(self, executor: Executor) -> None:
        results = executor.map(picky, range(1_000))
        assert [next(results) for _ in range(37)] == list(range(37))
        with pytest.raises(InputError) as refused:
            next(results)
        assert refused.value.remedy == "leave it out"

    def test_memory_does_not_grow_with_the_values(self, executor: Executor) -> None:
        drawn = count()

        def values() -> Iterator[int]:
            for value in drawn:
                if value > 100_000:
                    return
                yield value

        results = executor.map(double, values())
        for _ in range(10):
            next(results)
        assert next(drawn) < 2_000
        results.close()  # type: ignore[attr-defined]

    def test_giving_up_begins_nothing_more(self, executor: Executor, tmp_path: Path) -> None:
        results = executor.map(touch, [str(tmp_path / f"{n}") for n in range(5_000)])
        next(results)
        results.close()  # type: ignore[attr-defined]
        time.sleep(0.5)
        begun = len(list(tmp_path.iterdir()))
        time.sleep(0.5)
        assert begun == len(list(tmp_path.iterdir())) < 500

    def test_facts_of_images_are_the_same(self, executor: Executor, bccd: Path) -> None:
        """What jobs really send: the facts of pictures, equal to those made here, one after another."""
        data = [path.read_bytes() for path in sorted((bccd / "JPEGImages").glob("*.jpg"))[:40]]
        assert list(executor.map(image_facts, data)) == [image_facts(each) for each in data]
