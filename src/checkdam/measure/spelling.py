"""How alike two names are written."""

import re


def folded(name: str) -> str:
    """A name without what writers differ in: letter case, white space, underscores and dashes."""
    return re.sub(r"[\s_-]", "", name).casefold()


def one_slip(a: str, b: str) -> bool:
    """Whether one letter was added, left out or replaced, or two neighbours exchanged: a distance of 1 by Damerau (A
    technique for computer detection and correction of spelling errors, 1964)."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    at = next((place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[at + 1 :] == b[at + 1 :] or (a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :])
    shorter, longer = sorted((a, b), key=len)
    return shorter[at:] == longer[at + 1 :]
