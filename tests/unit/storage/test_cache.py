"""The cache against plain Python over the same rows; what it must refuse; that it is made again when it has to be."""

# ruff: noqa: S608  # the questions here are the tests' own

import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from checkdam.schema import (
    Annotation,
    Box,
    Category,
    DeleteItem,
    InputError,
    Item,
    LimitError,
    ReplaceItem,
    Span,
    StorageError,
    extent,
)
from checkdam.storage import cache as cache_module
from checkdam.storage.cache import Cache, CacheLimits
from checkdam.storage.lake import Lake, LakeRef
from checkdam.storage.one_process import alone
from unit.storage.lake_strategies import states

State = tuple[list[Item], list[Annotation]]
LABELS = ("cell", "plate", "Cell", "größe", "x'; DROP TABLE items; --")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def cache(tmp_path: Path, lake: Lake) -> Cache:
    return Cache(tmp_path / "cache", lake)


def put(lake: Lake, state: State, dataset: str = "d") -> LakeRef:
    return lake.publish(dataset, [lake.stage(dataset, *state)])


def some(count: int = 60) -> State:
    """Items whose position, name and id are in three orders."""
    made = [
        Item(
            id=f"i{n * 7919 % 10007:05}",
            kind="image" if n % 5 else "text",
            name=f"{n % 7}/{n}.jpg",
            width=100 + n % 9,
            text=None if n % 5 else f"text {n}",
            split=("train", "val", None)[n % 3],
            metadata={"camera": f"c{n % 4}", "light": n / 4, "night": n % 2 == 0, "N": n} if n % 6 else {},
        )
        for n in range(count)
    ]
    marks = [
        Annotation(
            id=f"a{n}.{k}",
            item_id=item.id,
            label=LABELS[(n * k) % len(LABELS)],
            geometry=Span(k, k + 2) if item.kind == "text" else Box(n, k, 10 + n, 20.5),
            attributes={"k": k},
        )
        for n, item in enumerate(made)
        for k in range(n % 5)
    ]
    return made, marks[::-1]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(states())
def test_everything_that_the_lake_holds_is_in_the_cache(tmp_path_factory: pytest.TempPathFactory, state: State) -> None:
    folder = tmp_path_factory.mktemp("any")
    lake = Lake(folder / "lake")
    reader = Cache(folder / "cache", lake).open(put(lake, state))
    ids = [item.id for item in state[0]]
    assert reader.items(ids) == state[0]
    found = reader.annotations(ids)
    assert found == {item_id: [one for one in state[1] if one.item_id == item_id] for item_id in ids}
    for item in state[0]:
        for key, value in item.metadata.items():
            column = reader.metadata.get(key)
            if column is None:
                continue
            [(kept,)] = reader.rows(f"SELECT {column.column} FROM items WHERE id = ?", [item.id])
            if column.type != "VARCHAR" or isinstance(value, str):
                assert kept == value


def test_questions_are_answered_as_plain_python_would(lake: Lake, cache: Cache) -> None:
    state = made, marks = some()
    reader = cache.open(put(lake, state))
    on = {item.id: [one for one in marks if one.item_id == item.id] for item in made}

    labels = dict(reader.rows("SELECT label, count(*) FROM annotations GROUP BY label"))
    assert labels == Counter(one.label for one in marks)
    by_item = reader.rows('SELECT id, label, n FROM item_labels JOIN items ON items."row" = item_row')
    assert {(item, label): n for item, label, n in by_item} == Counter((one.item_id, one.label) for one in marks)
    splits = dict(reader.rows("SELECT split, count(*) FROM items GROUP BY split"))
    assert splits == Counter(item.split for item in made)
    page = reader.rows('SELECT id FROM items ORDER BY "row" LIMIT 10 OFFSET 20')
    assert [item_id for (item_id,) in page] == [item.id for item in made[20:30]]
    counts = dict(reader.rows("SELECT id, annotations FROM items"))
    assert counts == {item_id: len(ones) for item_id, ones in on.items()}

    camera, light = reader.metadata["camera"].column, reader.metadata["light"].column
    for label in LABELS:
        asked = reader.rows(
            f'SELECT id FROM items WHERE {camera} = ? AND {light} > ? AND "row" IN '
            '(SELECT item_row FROM annotations WHERE label = ?) ORDER BY "row"',
            ["c1", 3, label],
        )
        wanted = [
            item.id
            for item in made
            if item.metadata.get("camera") == "c1"
            and (item.metadata.get("light") or 0) > 3  # type: ignore[operator]
            and any(one.label == label for one in on[item.id])
        ]
        assert [item_id for (item_id,) in asked] == wanted
    wide = reader.rows("SELECT id FROM annotations WHERE width > 40 ORDER BY id")
    places = {one.id: extent(one.geometry) for one in marks}
    assert [mark for (mark,) in wide] == sorted(key for key, box in places.items() if box and box.width > 40)
    spans = reader.rows('SELECT id FROM annotations WHERE "end" >= 5')
    assert {mark for (mark,) in spans} == {
        one.id for one in marks if isinstance(one.geometry, Span) and one.geometry.end >= 5
    }


def test_annotations_of_items_come_by_item_in_their_order(lake: Lake, cache: Cache) -> None:
    made, marks = some()
    reader = cache.open(put(lake, (made, marks)))
    asked = [made[44].id, made[3].id, made[0].id, "absent"]
    found = reader.annotations(asked)
    assert found == {item_id: [one for one in marks if one.item_id == item_id] for item_id in asked}
    assert [item.id for item in reader.items(asked)] == [made[0].id, made[3].id, made[44].id]


def test_metadata_keys_become_typed_columns(lake: Lake, cache: Cache) -> None:
    rows = [
        {"whole": 1, "mixed": 1, "real": 1, "flag": True, "Name": "a", "name": "b", "huge": 2**80, "no\x00name": 1},
        {"whole": None, "mixed": "x", "real": 0.5, "flag": False, 'quoted "key"; --': "c", "empty": None},
        {},
    ]
    made = [Item(id=f"i{n}", kind="text", name=str(n), metadata=row) for n, row in enumerate(rows)]  # type: ignore[arg-type]
    reader = cache.open(put(lake, (made, [])))
    types = {key: column.type for key, column in reader.metadata.items()}
    assert types == {
        "whole": "BIGINT", "mixed": "VARCHAR", "real": "DOUBLE", "flag": "BOOLEAN", "Name": "VARCHAR",
        "name": "VARCHAR", "huge": "VARCHAR", 'quoted "key"; --': "VARCHAR",
    }  # fmt: skip
    values = {
        key: [value for (value,) in reader.rows(f'SELECT {column.column} FROM items ORDER BY "row"')]
        for key, column in reader.metadata.items()
    }
    assert values["whole"] == [1, None, None]
    assert values["mixed"] == ["1", "x", None]
    assert values["real"] == [1.0, 0.5, None]
    assert values["flag"] == [True, False, None]
    assert (values["Name"], values["name"]) == (["a", None, None], ["b", None, None])
    assert values["huge"] == [str(2**80), None, None]
    assert values['quoted "key"; --'] == [None, "c", None]
    assert reader.items(["i0", "i1", "i2"]) == made


def test_of_very_many_metadata_keys_the_commonest_become_columns(lake: Lake, cache: Cache) -> None:
    made = [Item(id=f"i{n}", kind="text", name=str(n), metadata={"all": n, f"own{n}": n}) for n in range(300)]
    reader = cache.open(put(lake, (made, [])))
    assert len(reader.metadata) == 100
    assert "all" in reader.metadata


def test_an_empty_version_answers_too(lake: Lake, cache: Cache) -> None:
    reader = cache.open(put(lake, ([], [])))
    assert reader.rows("SELECT count(*) FROM items, annotations") == [(0,)]
    assert reader.annotations(["i"]) == {"i": []}


def test_live_tables_are_seen_by_one_question_only(lake: Lake, cache: Cache) -> None:
    made, marks = some()
    reader = cache.open(put(lake, (made, marks)))
    findings = pa.table({"item_id": [made[2].id, made[3].id], "rule": ["a", "b"]})
    sql = "SELECT items.id FROM items JOIN findings ON findings.item_id = items.id WHERE rule = ?"
    assert reader.rows(sql, ["b"], tables={"findings": findings}) == [(made[3].id,)]
    with pytest.raises(duckdb.CatalogException):
        reader.rows(sql, ["b"])


def test_nothing_outside_the_file_can_be_reached(lake: Lake, cache: Cache, tmp_path: Path) -> None:
    reader = cache.open(put(lake, some(5)))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    local = pa.table({"a": [1]})
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        f"COPY items TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'other.duckdb'}'",
        f"EXPORT DATABASE '{tmp_path / 'out'}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "DELETE FROM items",
        "CREATE TABLE mine (a INTEGER)",
        "SELECT * FROM local",
        "SELECT * FROM 'https://example.org/x.csv'",
    ):
        with pytest.raises(duckdb.Error):
            reader.rows(sql)
    assert len(local) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "lake", "secret.csv"]
    assert reader.rows("SELECT count(*) FROM items") == [(5,)]


def test_values_from_outside_are_only_values(lake: Lake, cache: Cache) -> None:
    made, marks = some()
    reader = cache.open(put(lake, (made, marks)))
    for text in ("'", "x'; DROP TABLE items; --", '"', "\x00", "%"):
        wanted = sum(one.label == text for one in marks)
        assert reader.rows("SELECT count(*) FROM annotations WHERE label = ?", [text]) == [(wanted,)]
    with pytest.raises(InputError):
        reader.rows("SELECT count(*) FROM items WHERE width = ?", ["wide"])


def test_a_question_that_takes_too_long_is_interrupted(lake: Lake, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", lake, CacheLimits(timeout_seconds=0.3))
    reader = cache.open(put(lake, some(5)))
    began = time.monotonic()
    with pytest.raises(LimitError, match=r"longer than 0\.3 seconds"):
        reader.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 1")
    assert time.monotonic() - began < 5
    with pytest.raises(LimitError):
        reader.query("SELECT sum(a.range * b.range % 7) FROM range(1000000) a, range(1000000) b", timeout=0.1)
    assert reader.rows("SELECT count(*) FROM items") == [(5,)]


def test_a_question_that_needs_too_much_memory_is_refused(lake: Lake, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", lake, CacheLimits(memory="30MB", threads=1))
    reader = cache.open(put(lake, some(5)))
    with pytest.raises(LimitError, match="memory"):
        reader.rows("SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(5000000)")


def test_each_version_has_its_own_file(lake: Lake, cache: Cache) -> None:
    made, marks = some(10)
    first = put(lake, (made, marks))
    second = lake.apply("d", first, [DeleteItem(made[4].id)])
    assert cache.open(first).rows("SELECT count(*) FROM items") == [(10,)]
    assert cache.open(second).rows("SELECT count(*) FROM items") == [(9,)]
    assert cache.path(first) != cache.path(second)
    assert cache.prune([second]) == 1
    assert not cache.path(first).exists()
    assert cache.open(first).rows("SELECT count(*) FROM items") == [(10,)]
    assert cache.drop() == 2
    assert cache.open(second).rows("SELECT count(*) FROM items") == [(9,)]


def test_what_killed_builders_left_is_pruned_when_it_is_old(lake: Lake, cache: Cache) -> None:
    ref = put(lake, some(3))
    cache.open(ref)
    old, young = (cache.path(ref).with_name(f".{name}.duckdb") for name in ("old", "young"))
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert cache.prune([ref]) == 1
    assert (old.exists(), young.exists(), cache.path(ref).exists()) == (False, True, True)


def test_of_many_versions_the_files_used_last_are_kept(lake: Lake, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", lake, CacheLimits(kept_files=2))
    made, marks = some(10)
    refs = [put(lake, (made, marks))]
    for item in made[:3]:
        refs.append(lake.apply("d", refs[-1], [DeleteItem(item.id)]))
    for age, ref in enumerate(refs[:2]):
        cache.open(ref)
        os.utime(cache.path(ref), (1_000 - age, 1_000 - age))
    assert cache.path(refs[0]).exists()
    assert cache.path(refs[1]).exists()
    cache.open(refs[2])
    assert [cache.path(ref).exists() for ref in refs[:3]] == [True, False, True]
    left = cache.path(refs[0]).with_name(".draft.duckdb.tmp")
    left.mkdir()
    (left / "spilled").write_bytes(b"x")
    os.utime(left, (0, 0))
    cache.open(refs[3])
    assert not left.exists()
    assert [cache.open(ref).rows("SELECT count(*) FROM items") for ref in refs] == [[(n,)] for n in (10, 9, 8, 7)]
    assert len(list((tmp_path / "cache" / "d").iterdir())) == 2


def test_two_processes_build_one_file_once(lake: Lake, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    script = """
        import sys, time
        from pathlib import Path
        from checkdam.storage.one_process import alone
        with alone(Path(sys.argv[1])):
            print("held", flush=True)
            sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        begun = time.monotonic()
        with alone(lock, patience=0.3):  # it hangs: it is waited for, and then no more
            assert time.monotonic() - begun >= 0.3
        other.kill()
    with alone(lock, patience=60):
        assert time.monotonic() - begun < 60
    assert not lock.exists()


def test_a_closed_cache_opens_its_files_again(lake: Lake, cache: Cache) -> None:
    ref = put(lake, some(3))
    cache.open(ref)
    cache.close()
    assert cache.open(ref).rows("SELECT count(*) FROM items") == [(3,)]


def test_a_replaced_item_keeps_its_place(lake: Lake, cache: Cache) -> None:
    made, marks = some(10)
    changed = Item(id=made[4].id, kind="image", name="new.jpg")
    ref = lake.apply("d", put(lake, (made, marks)), [ReplaceItem(changed)])
    names = cache.open(ref).rows('SELECT name FROM items ORDER BY "row"')
    assert [name for (name,) in names] == [item.name if item.id != changed.id else "new.jpg" for item in made]


@pytest.mark.parametrize("damage", ["removed", "empty", "garbage", "cut", "other version", "older format"])
def test_a_file_that_is_missing_or_damaged_is_made_again(
    lake: Lake, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = put(lake, some())
    cache = Cache(tmp_path / "cache", lake)
    cache.open(ref)
    path = cache.path(ref)
    whole = path.read_bytes()
    if damage == "removed":
        path.unlink()
    elif damage == "other version":
        other = put(lake, some(3))
        cache.open(other)
        path.write_bytes(cache.path(other).read_bytes())
    elif damage == "older format":
        monkeypatch.setattr("checkdam.storage.cache_file.FORMAT", "next")
    else:
        path.write_bytes({"empty": b"", "garbage": b"\x07" * 5000, "cut": whole[: len(whole) // 2]}[damage])
    again = Cache(tmp_path / "cache", lake).open(ref)
    assert again.rows("SELECT count(*) FROM items") == [(60,)]


def test_damage_found_while_reading_is_healed(lake: Lake, tmp_path: Path) -> None:
    """Blocks in the middle of the file are overwritten; DuckDB sees it when it comes to read them."""
    made, marks = some(3000)
    ref = put(lake, (made, marks))
    path = Cache(tmp_path / "cache", lake).path(ref)
    Cache(tmp_path / "cache", lake).open(ref)
    content = bytearray(path.read_bytes())
    middle = 3 * 4096 + (len(content) - 3 * 4096) // 2
    content[3 * 4096 + 64 : middle] = b"\x55" * (middle - 3 * 4096 - 64)
    path.write_bytes(content)
    reader = Cache(tmp_path / "cache", lake).open(ref)
    assert reader.rows("SELECT count(*), count(DISTINCT name), sum(annotations) FROM items") == [
        (3000, 3000, len(marks))
    ]
    assert sum(len(ones) for ones in reader.annotations([item.id for item in made]).values()) == len(marks)


def test_a_cache_that_was_deleted_under_a_server_is_made_again(lake: Lake, cache: Cache) -> None:
    ref = put(lake, some())
    reader = cache.open(ref)
    cache.path(ref).unlink()
    assert reader.rows("SELECT count(*) FROM items") == [(60,)]  # the open file is still whole
    assert cache.open(ref).rows("SELECT count(*) FROM items") == [(60,)]
    assert cache.path(ref).exists()


def test_threads_share_one_build_and_one_reader(lake: Lake, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    made, marks = some()
    ref = put(lake, (made, marks))
    builds = []
    real = cache_module.build

    def counted(*arguments: object, **options: object) -> None:
        builds.append(1)
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(cache_module, "build", counted)

    def ask(number: int) -> int:
        return len(cache.open(ref).annotations([made[number].id])[made[number].id])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(60)))
    assert found == [n % 5 for n in range(60)]
    assert len(builds) == 1


def test_processes_that_build_at_once_both_get_an_answer(lake: Lake, tmp_path: Path) -> None:
    ref = put(lake, some())
    script = """
import sys, pathlib, msgspec
from checkdam.storage.cache import Cache
from checkdam.storage.lake import Lake, LakeRef
from checkdam.storage.one_process import alone
root = pathlib.Path(sys.argv[1])
ref = msgspec.json.decode(sys.argv[2], type=LakeRef)
print("ready", flush=True)
sys.stdin.readline()
print(Cache(root / "cache", Lake(root / "lake")).open(ref).rows("SELECT count(*) FROM items")[0][0], flush=True)
"""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), msgspec.json.encode(ref).decode()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n", timeout=60)[0] for process in started]
    assert answers == ["60\n", "60\n"]
    assert [path.name for path in (tmp_path / "cache" / "d").iterdir()] == [
        Cache(tmp_path / "cache", lake).path(ref).name
    ]


def test_few_files_are_kept_open(lake: Lake, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", lake, CacheLimits(open_files=2))
    readers = [cache.open(put(lake, some(n + 1), f"d{n}")) for n in range(4)]
    assert [reader.rows("SELECT count(*) FROM items") for reader in readers] == [[(n + 1,)] for n in range(4)]
    assert len(cache._open) == 2


def test_a_folder_that_cannot_be_written_is_told(lake: Lake, tmp_path: Path) -> None:
    ref = put(lake, some(2))
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(StorageError) as told:
        Cache(tmp_path / "cache", lake).open(ref)
    assert told.value.remedy


def test_kinds_are_enums_that_read_as_text(lake: Lake, cache: Cache) -> None:
    made = [Item(id="i", kind="audio", name="a")]
    marks = [Annotation(id="a", item_id="i", label="speech", geometry=Category())]
    answer = cache.open(put(lake, (made, marks))).query("SELECT label, kind FROM annotations")
    assert answer.to_pylist() == [{"label": "speech", "kind": "category"}]
