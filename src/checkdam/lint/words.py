"""Where words begin and end in a text, and what a message shows of it."""

import re
import unicodedata
from bisect import bisect_left, bisect_right

from checkdam.lint.rule import cut

LONGEST_WORD = 200
"""Letters; what is longer is no word, and is not followed to its end."""

_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
_LONG_RUN = 1000
_LONG_RUNS = re.compile(f"[{re.escape(_SPACES)}]{{{_LONG_RUN},}}")

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # CJK radicals, kana, Han
    (0xA980, 0xAA7F),  # Javanese, Cham, Myanmar extended
    (0xF900, 0xFAFF),  # CJK compatibility
    (0xFF66, 0xFF9F),  # half-width kana
    (0x1B000, 0x1B16F),  # kana supplements
    (0x20000, 0x3FFFF),  # Han extensions
)
_UNSPACED_STARTS = [low for low, _ in _UNSPACED]


def inside_word(text: str, at: int) -> bool:
    """Whether a place between two code points lies inside a word.

    After Unicode's UAX #29, in short: between two letters or two digits, or before a combining mark. Not so between a
    letter and a digit ("5km"), and not between letters of a script that writes no spaces between words (Thai, Han,
    kana): UAX #29 needs a dictionary there.
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return before.isalnum() or unicodedata.category(before).startswith("M")
    if unicodedata.category(before) in ("Mn", "Mc", "Me"):
        before = "a"
    if before.isalpha() and after.isalpha():
        return not (_unspaced(before) or _unspaced(after))
    return before.isdecimal() and after.isdecimal()


def word_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The range widened to the ends of the words that it cuts, by at most `LONGEST_WORD` to each side."""
    low, high = max(start - LONGEST_WORD, 0), min(end + LONGEST_WORD, len(text))
    while start > low and inside_word(text, start):
        start -= 1
    while end < high and inside_word(text, end):
        end += 1
    return start, end


def shown(text: str, start: int, end: int) -> str:
    """The words of a range for a message; a long range is not copied to be cut."""
    start = max(start, 0)
    return cut(text[start : max(min(end, start + LONGEST_WORD), start)])


class Trimmer:
    """Takes white space (and what cannot be seen) off the ends of ranges of a text. Long runs of it are looked up once,
    so that many ranges over them take no time in their square."""

    def __init__(self, text: str) -> None:
        self._text = text
        runs = [found.span() for found in _LONG_RUNS.finditer(text)]
        self._starts, self._ends = [run[0] for run in runs], [run[1] for run in runs]

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        """The range without white space at its ends; begin and end are equal where it holds nothing else."""
        run = bisect_right(self._starts, start) - 1
        if run >= 0 and start < self._ends[run]:
            start = min(self._ends[run], end)
        run = bisect_left(self._ends, end)
        if run < len(self._starts) and self._starts[run] < end:
            end = max(self._starts[run], start)
        part = self._text[start : min(end, start + _LONG_RUN)]
        start += len(part) - len(part.lstrip(_SPACES))
        part = self._text[max(start, end - _LONG_RUN) : end]
        return start, max(start, end - len(part) + len(part.rstrip(_SPACES)))


def _unspaced(character: str) -> bool:
    code = ord(character)
    place = bisect_right(_UNSPACED_STARTS, code) - 1
    return place >= 0 and code <= _UNSPACED[place][1]
