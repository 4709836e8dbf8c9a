"""Attacks on the files of a dataset, each for every file of a syntax, whatever format it belongs to."""

import csv
import json
import os
import re
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HUGE = 100 << 20
TEXTS = frozenset({"json", "lines", "xml", "yaml", "table", "list", "conll"})
PARTED = frozenset({"lines", "table", "list", "conll"})
"""Syntaxes with a row to a line."""
JSON = frozenset({"json", "lines"})
MEDIA = frozenset({"image", "sound"})
EVERY = TEXTS | {"parquet"}

SYNTAX = {
    ".conll": "conll",
    ".testa": "conll",
    ".csv": "table",
    ".tsv": "table",
    ".json": "json",
    ".jsonl": "lines",
    ".parquet": "parquet",
    ".txt": "list",
    ".xml": "xml",
    ".yaml": "yaml",
    ".bmp": "image",
    ".png": "image",
    ".wav": "sound",
}


class Attack(NamedTuple):
    """`make` puts something hostile in the place of a file. `syntaxes` are those of the files that it can be made of;
    `why` says what shields the others. `told` where a reader has to say what is wrong; else it may be harmless."""

    make: Callable[[Path], None]
    syntaxes: frozenset[str]
    why: str = ""
    told: bool = False


def syntax_of(path: Path) -> str:
    return SYNTAX[path.suffix]


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return put


def _instead(data: bytes | Callable[[], bytes]) -> Callable[[Path], None]:
    return _bytes(lambda _: data if isinstance(data, bytes) else data())


# Numbers, names and texts

_NUMBER = re.compile(rb"(?<![\w./])-?\d*\.?\d+(?![\w.])")
_NAME = re.compile(rb"[\w/-]+\.(?:png|wav|txt)\b")


def _numbers(value: bytes) -> Callable[[Path], None]:
    return _bytes(lambda data: _NUMBER.sub(lambda _: value, data))


def _names(name: str) -> Callable[[Path], None]:
    def rename(path: Path) -> None:
        inside = json.dumps(name)[1:-1] if syntax_of(path) in JSON else name
        path.write_bytes(_NAME.sub(lambda _: inside.encode("utf-8", "surrogatepass"), path.read_bytes()))

    return rename


def _words(word: bytes, escaped: bytes) -> Callable[[Path], None]:
    """Puts a text in the place of each label."""

    def put(path: Path) -> None:
        mine = escaped if syntax_of(path) in JSON else word
        path.write_bytes(re.sub(rb"\b(?:cat|dog|good|person|hello|Hello|X)\b", lambda _: mine, path.read_bytes()))

    return put


# Structure


def _nested(depth: int, opening: bytes, closing: bytes) -> Callable[[Path], None]:
    """The first value of each object, or the text of an element, becomes deep."""
    deep = opening * depth + b"1" + closing * depth

    def put(path: Path) -> None:
        data = path.read_bytes()
        syntax = syntax_of(path)
        if syntax == "xml":
            data = re.sub(rb"(<(\w+)[^<>/?]*>)[^<]", lambda found: found[1] + deep, data, count=3)
        elif syntax in JSON:
            data = re.sub(rb": *(\"[^\"\\]*\"|-?[\d.]+|true|null)", b": " + deep, data, count=40)
        else:
            data = re.sub(rb": *[^\n]*", b": " + deep, data, count=3)
        path.write_bytes(data)

    return put


def _many_times(times: int) -> Callable[[Path], None]:
    """Every row, element of a list and child of the root stands there several times."""

    def repeat(path: Path) -> None:
        data = path.read_bytes()
        syntax = syntax_of(path)
        if syntax == "json" and path.name != "nemo.json":
            data = json.dumps(_repeated(json.loads(data), times)).encode()
        elif syntax == "xml":
            found = re.fullmatch(rb"((?:<\?.*?\?>)?\s*<\w+>)(.*)(</\w+>\s*)", data, re.DOTALL)
            assert found is not None
            data = found[1] + found[2] * times + found[3]
        else:
            head, end, rest = data.partition(b"\n") if syntax == "table" else (b"", b"", data)
            data = head + end + rest * times
        path.write_bytes(data)

    return repeat


def _repeated(value: Any, times: int) -> Any:
    if isinstance(value, list):
        return [_repeated(each, times) for each in value] * times
    return {key: _repeated(each, times) for key, each in value.items()} if isinstance(value, dict) else value


def _backwards(path: Path) -> None:
    """Lists, lines and children of the root in the other order; what refers comes before what it refers to."""
    data = path.read_bytes()
    syntax = syntax_of(path)
    if syntax == "json" and path.name != "nemo.json":
        data = json.dumps(_reversed(json.loads(data))).encode()
    else:
        head, end, rest = data.partition(b"\n") if syntax == "table" else (b"", b"", data)
        data = head + end + b"\n".join(rest.rstrip(b"\n").split(b"\n")[::-1]) + b"\n"
    path.write_bytes(data)


def _reversed(value: Any) -> Any:
    if isinstance(value, list):
        return [_reversed(each) for each in value][::-1]
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in reversed(value.items())}
    return value


def _halved(path: Path) -> None:
    """Every second element of each list is gone, and with it what others refer to."""
    if path.name == "nemo.json":  # of JSON lines
        return
    path.write_text(json.dumps(_thinned(json.loads(path.read_text("utf-8")))), "utf-8")


def _thinned(value: Any) -> Any:
    if isinstance(value, list):
        return [_thinned(each) for each in value[1::2]]
    return {key: _thinned(each) for key, each in value.items()} if isinstance(value, dict) else value


def _every_cell(value: str) -> Callable[[Path], None]:
    def fill(path: Path) -> None:
        text = path.read_text("utf-8")
        delimiter = max(",;\t|", key=text.split("\n")[0].count)
        head, *rows = csv.reader(StringIO(text), delimiter=delimiter)
        out = StringIO()
        csv.writer(out, delimiter=delimiter).writerows([head, *([value] * len(row) for row in rows)])
        path.write_text(out.getvalue(), "utf-8")

    return fill


# Bombs

_LEVELS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
_LAUGHS = f'<!DOCTYPE x [<!ENTITY a "ha">{_LEVELS}]>'
_YAML_LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


def _declared(declaration: str, use: str) -> Callable[[Path], None]:
    """Puts a document type before the root, and a use of its entity into the first text."""

    def declare(path: Path) -> None:
        text = re.sub(r"<\?.*?\?>", "", path.read_text("utf-8"))
        path.write_text(declaration + re.sub(r">([^<\s]+)<", f">{use}<", text, count=1), "utf-8")

    return declare


def _quoted(path: Path) -> None:
    """A cell that begins and does not end."""
    data = path.read_bytes()
    line = data[: data.index(b"\n") + 1]
    with path.open("wb") as file:
        file.write(line + b'"')
        for _ in range(HUGE >> 20):
            file.write((b"x" * 65_535 + b"\n") * 16)


def _one_line(path: Path) -> None:
    """The file, and after it a line that does not end."""
    with path.open("ab") as file:
        for _ in range(HUGE >> 20):
            file.write(b"x" * (1 << 20))


def _one_text(path: Path) -> None:
    """A text of 100 MB in the place of the first one."""
    data = path.read_bytes()
    found = re.search(rb"\"[^\"\\]+\"(?=\s*[,}\]])|>[^<>]*[^<>\s][^<>]*<|(?<=[a-z]=)\"[^\"]*\"", data)
    assert found is not None
    with path.open("wb") as file:
        file.write(data[: found.start() + 1])
        for _ in range(HUGE >> 20):
            file.write(b"x" * (1 << 20))
        file.write(data[found.end() - 1 :])


def _written(table: Any, **options: Any) -> bytes:
    stream = BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


@cache
def long_texts() -> bytes:
    """Ten gigabytes of text in some kilobytes: a value of a megabyte, once, and ten thousand rows that refer to it."""
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), pa.array(["x" * (1 << 20)]))
    return _written(pa.table({"text": values}), compression="zstd", row_group_size=10_000)


@cache
def many_rows() -> bytes:
    """A row group of a hundred million rows of nothing."""
    rows = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000_000, np.int8)), pa.array(["x"]))
    return _written(pa.table({"text": rows}), compression="zstd", row_group_size=100_000_000)


@cache
def many_columns() -> bytes:
    names = [f"c{at}" for at in range(5_000)]
    return _written(pa.table({"text": ["a"], **{name: [1] for name in names}}))


@cache
def many_groups() -> bytes:
    return _written(pa.table({"text": ["a"] * 5_000}), row_group_size=1)


@cache
def deep_column() -> bytes:
    kind, value = pa.int8(), "1"
    for _ in range(60):
        kind, value = pa.list_(kind), f"[{value}]"
    return _written(pa.table({"text": ["a"], "objects": pa.array([json.loads(value)], kind)}))


@cache
def one_page() -> bytes:
    """A page of 400 MB of zeros, which packs to nothing."""
    return _written(
        pa.table({"text": ["a"] * 3, "x": pa.array([bytes(1 << 27)] * 3)}),
        compression="zstd",
        use_dictionary=False,
        data_page_size=1 << 30,
    )


def _footer(length: int) -> Callable[[Path], None]:
    return _bytes(lambda data: data[:-8] + struct.pack("<L", length) + data[-4:])


def _varints(value: bytes) -> Callable[[Path], None]:
    """Numbers in the footer become others of the same length: sizes, counts, offsets."""

    def change(data: bytes) -> bytes:
        begin = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        return data[:begin] + re.sub(rb"(?<=\x16).[\x80-\xff]?", lambda _: value, data[begin:-8], flags=16) + data[-8:]

    return _bytes(change)


# Media that lie


def _png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + head + struct.pack(">L", zlib.crc32(head))


def _wav(rate: int, channels: int, claimed: int) -> bytes:
    head = struct.pack("<4sLHHLLHH", b"fmt ", 16, 1, channels, rate, rate * 2 & 0xFFFFFFFF, 2, 16)
    return b"RIFF" + struct.pack("<L", claimed) + b"WAVE" + head + b"data" + struct.pack("<L", claimed) + bytes(64)


# Places that are no files


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    """`/dev/zero`, which has no end, where one may make such; else a socket."""
    path.unlink()
    with suppress(OSError):
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
        return
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may have 107 characters
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)
    os.chdir(here)


def _link(target: str) -> Callable[[Path], None]:
    def link(path: Path) -> None:
        path.unlink()
        path.symlink_to(target)

    return link


def _link_out(path: Path) -> None:
    """A link to a file outside of the dataset that would be read gladly."""
    root = next(each for each in path.parents if each.name in ("written", "foreign"))
    outside = root.parent / f"outside{path.suffix}"
    path.rename(outside)
    path.symlink_to(outside)


NAMES = {
    "climbing": "../../secret.png",
    "climbing inside": "folder/../../../secret.png",
    "climbing backwards": "a\\..\\..\\..\\secret.png",
    "climbing in code": "%2e%2e/%2e%2e/secret.png",
    "absolute": "/etc/passwd.png",
    "drive": "C:/secret.png",
    "share": "//host/secret.png",
    "share backwards": "\\\\host\\secret.png",
    "home": "~/secret.png",
    "address": "http://127.0.0.1/secret.png",
    "scheme": "file:///etc/secret.png",
    "dots": "....//....//secret.png",
    "trailing": "folder/secret.png/",
    "device of Windows": "aux.png",
    "long": "x" * 5000 + ".png",
    "deep": "x/" * 2000 + "1.png",
    "commands": "$(id)`id`;|&.png",
    "escape": "\x1b]0;owned\x07.png",
    "line ends": "a\rb.png",
    "turned": "\u202egnp.exe",
    "NUL": "a\0b.png",
    "half a pair": "\ud800.png",
    "letter case": "FOLDER/0.PNG",
    "empty": "",
}
NUMBERS = {
    "NaN": b"NaN",
    "infinity": b"Infinity",
    "minus infinity": b"-Infinity",
    "overflow": b"1e999",
    "endless": b"9" * 5000,
    "negative": b"-1",
    "largest": b"1.7976931348623157e308",
    "smallest": b"1e-400",
    "64 bits": b"9223372036854775807",
    "65 bits": b"18446744073709551616",
    "31 bits": b"2147483647",
    "other digits": "\u0661".encode(),
    "hexadecimal": b"0x10",
    "tiny exponent": b"1e-99999999999999999999",
}
_NOT_XML = "only XML has document types and entities"
_NOT_JSON = "only JSON nests without end; XML has a depth of its own, YAML an attack of its own"
_NO_TEXT = "a packed file has no texts to change: its columns are checked by its library"
_NOT_PARQUET = "only a packed file unpacks to more than it is, or says where its parts lie"


def attacks() -> Iterator[tuple[str, Attack]]:
    """All attacks by name."""
    xml = frozenset({"xml"})
    yield "empty", Attack(_instead(b""), EVERY)
    yield "zeros", Attack(_instead(bytes(4096)), EVERY)
    yield "cut", Attack(_bytes(lambda data: data[: len(data) // 2]), EVERY)
    yield "a page", Attack(_instead(b"<html><script>alert(1)</script></html>"), EVERY | MEDIA)
    yield "UTF-16", Attack(_bytes(lambda data: data.decode().encode("utf-16")), TEXTS, _NO_TEXT)
    yield "not UTF-8", Attack(_words(b"\xe4\xff", b"\xe4\xff"), TEXTS, _NO_TEXT)
    yield "NUL in texts", Attack(_words(b"a\0b", b"a\\u0000b"), TEXTS, _NO_TEXT)
    yield "control characters", Attack(_words(b"\x1b[2J\x07", b"\\u001b[2J\\u0007"), TEXTS, _NO_TEXT)
    yield "half a pair", Attack(_words(b"\xed\xa0\x80", b"\\ud800"), TEXTS, _NO_TEXT)
    yield "script", Attack(_words(b"<img src=x onerror=alert(1)>", b"<img src=x onerror=alert(1)>"), TEXTS, _NO_TEXT)
    yield "byte-order mark", Attack(_bytes(lambda data: b"\xef\xbb\xbf" + data), TEXTS, _NO_TEXT)
    for name, number in NUMBERS.items():
        yield f"number: {name}", Attack(_numbers(number), TEXTS, _NO_TEXT)
    for name, file in NAMES.items():
        yield f"name: {name}", Attack(_names(file), TEXTS, _NO_TEXT)
    for depth in (90, 500, 950, 3000, 100_000):
        yield f"{depth:,} arrays", Attack(_nested(depth, b"[", b"]"), JSON | {"yaml"}, _NOT_JSON)
        yield f"{depth:,} objects", Attack(_nested(depth, b'{"a":', b"}"), JSON | {"yaml"}, _NOT_JSON)
        yield (
            f"{depth:,} elements",
            Attack(_nested(depth, b"<a>", b"</a>"), frozenset({"xml"}), "only XML has elements"),
        )
    yield "only arrays", Attack(_instead(b"[" * 1_000_000), JSON, _NOT_JSON)
    yield "only objects", Attack(_instead(b'{"a":' * 1_000_000), JSON, _NOT_JSON)
    yield "tenfold", Attack(_many_times(10), TEXTS, _NO_TEXT)
    yield "backwards", Attack(_backwards, JSON | PARTED, "their order is fixed by the syntax")
    yield "halved", Attack(_halved, frozenset({"json"}), "rows of other syntaxes refer to nothing but files")
    yield "formulas", Attack(_every_cell("=cmd|'/c calc'!A1"), frozenset({"table"}), "only tables are opened as sheets")
    yield "a line of 100 MB", Attack(_one_line, TEXTS, _NO_TEXT)
    yield "a text of 100 MB", Attack(_one_text, frozenset({"json", "lines", "xml"}), "a line of 100 MB is the same")
    yield "a cell of 100 MB", Attack(_quoted, frozenset({"table"}), "only cells go over lines")
    yield "billion laughs", Attack(_declared(_LAUGHS, "&j;"), xml, _NOT_XML, told=True)
    quadratic = f'<!DOCTYPE x [<!ENTITY a "{"x" * 100_000}">]>'
    yield "quadratic blow-up", Attack(_declared(quadratic, "&a;" * 10_000), xml, _NOT_XML, told=True)
    external = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    yield "external entity", Attack(_declared(external, "&a;"), xml, _NOT_XML, told=True)
    remote = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
    yield "remote document type", Attack(_declared(remote, "a"), xml, _NOT_XML, told=True)
    parameter = '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///dev/zero"> %a;]>'
    yield "parameter entity", Attack(_declared(parameter, "a"), xml, _NOT_XML, told=True)
    yaml = frozenset({"yaml"})
    yield "YAML laughs", Attack(_instead(_YAML_LAUGHS.encode() + b"names: *j\n"), yaml, "only YAML has aliases")
    commands = b"names: !!python/object/apply:os.system ['touch owned']\n"
    yield "YAML objects", Attack(_instead(commands), yaml, "only YAML has tags that make objects")
    yield "YAML arrays", Attack(_instead(b"names: " + b"[" * 100_000), yaml, "it is YAML's form of deep JSON")
    parquet = frozenset({"parquet"})
    for length in (0, 1, 1 << 20, (1 << 31) - 1, (1 << 32) - 1):
        yield f"footer of {length:,} bytes", Attack(_footer(length), parquet, _NOT_PARQUET, told=True)
    for value in (b"\x01", b"\x7f", b"\x00", b"\xff\x7f"):
        yield f"footer of 0x{value.hex()}", Attack(_varints(value), parquet, _NOT_PARQUET)
    for bomb in (long_texts, many_rows, many_columns, many_groups, deep_column, one_page):
        yield bomb.__name__.replace("_", " "), Attack(_instead(bomb), parquet, _NOT_PARQUET)
    yield "huge picture", Attack(_instead(_png(2**31 - 1, 2**31 - 1)), MEDIA)
    yield "flat picture", Attack(_instead(_png(0, 2**31 - 1)), MEDIA)
    yield "endless sound", Attack(_instead(_wav(8000, 1, 0xFFFFFFF0)), MEDIA)
    yield "sound of no rate", Attack(_instead(_wav(0, 0, 64)), MEDIA)
    yield "sound of many channels", Attack(_instead(_wav(2**32 - 1, 65535, 64)), MEDIA)
    yield "a folder", Attack(_folder, EVERY | MEDIA)
    yield "a pipe", Attack(_pipe, EVERY | MEDIA)
    yield "a device", Attack(_device, EVERY | MEDIA)
    yield "a link that leads out", Attack(_link_out, EVERY | MEDIA)
    yield "a link to nothing", Attack(_link("nowhere"), EVERY | MEDIA)
    yield "a link to itself", Attack(_link("."), EVERY | MEDIA)
