"""Unified diffs of the files of a dataset, in time linear in the files' length."""

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice

WHOLE = 2000  # lines up to which difflib looks at a whole file
CONTEXT = 3
WINDOW = 400  # lines within which two files of more lines meet again
AGREE = 3  # lines that have to agree for that
SAMPLE = 8000  # bytes in which a NUL means that a file is no text
LONGEST = 2000  # characters of a line that are shown


def unified(name: str, before: bytes, after: bytes | None) -> Iterator[str]:
    """The lines of a unified diff; `after` is None for a file that goes. Lines that are very long (a JSON file in one
    line) are cut, with their length; of a binary file it is only said that it goes, as `diff` does."""
    other = f"b/{name}" if after is not None else "/dev/null"
    if b"\0" in before[:SAMPLE]:
        yield f"Binary files a/{name} and {other} differ"
        return
    old, new = _lines(before), _lines(after or b"")
    regions = [(0, len(old), 0, len(new))] if len(old) <= WHOLE else _regions(old, new)
    headed = after is None
    if headed:
        yield from (f"--- a/{name}", f"+++ {other}")
    for first, last, other_first, other_last in regions:
        part = unified_diff(old[first:last], new[other_first:other_last], lineterm="", n=CONTEXT)
        for line in islice(part, 2, None):
            if not headed:
                yield from (f"--- a/{name}", f"+++ {other}")
                headed = True
            yield _moved(line, first, other_first) if line.startswith("@@") else _cut(line)


def _regions(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The ranges that differ, with the lines around them; those that are close are taken together."""
    last: tuple[int, int, int, int] | None = None
    for first, end, other_first, other_end in _hunks(old, new):
        if last is not None and first - last[1] <= 2 * CONTEXT:
            last = last[0], end, last[2], other_end
            continue
        if last is not None:
            yield _around(last, len(old), len(new))
        last = first, end, other_first, other_end
    if last is not None:
        yield _around(last, len(old), len(new))


def _around(region: tuple[int, int, int, int], length: int, other_length: int) -> tuple[int, int, int, int]:
    first, end, other_first, other_end = region
    return (
        max(first - CONTEXT, 0),
        min(end + CONTEXT, length),
        max(other_first - CONTEXT, 0),
        min(other_end + CONTEXT, other_length),
    )


def _moved(header: str, by: int, other_by: int) -> str:
    """The header of a hunk, its line numbers counted from the start of the file."""

    def shifted(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + (by if match[1] == '-' else other_by)}"

    return re.sub(r"(?<=[ @])([-+])(\d+)", shifted, header)


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}… ({len(line) - 1:,} characters)"


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Half-open ranges of lines that differ: (old from, old to, new from, new to)."""
    at, other = 0, 0
    while at < len(old) or other < len(new):
        if at < len(old) and other < len(new) and old[at] == new[other]:
            at, other = at + 1, other + 1
            continue
        end, other_end = _meeting(old, new, at, other)
        yield at, end, other, other_end
        at, other = end, other_end


def _meeting(old: Sequence[str], new: Sequence[str], at: int, other: int) -> tuple[int, int]:
    """Where the files agree again with the fewest lines passed over."""
    for passed in range(1, 2 * WINDOW):
        for gone in range(min(passed, len(old) - at), -1, -1):
            end, other_end = at + gone, other + passed - gone
            if other_end <= len(new) and _agree(old, new, end, other_end):
                return end, other_end
    return len(old), len(new)


def _agree(old: Sequence[str], new: Sequence[str], at: int, other: int) -> bool:
    if at == len(old) or other == len(new):
        return at == len(old) and other == len(new)
    return old[at : at + AGREE] == new[other : other + AGREE]
