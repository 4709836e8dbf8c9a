"""What is committed names no package registry and no machine, leaves nothing undone, and has no stray secrets."""

import re

# Put together from parts, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry." + "npmjs",
    "registry." + "yarnpkg",
    "deb." + "debian.org",
]
MACHINE_PATHS = [
    "/" + "work/",
    "/" + "root/",
    "/" + "tmp/plan",
    "/opt/" + "pypi",
    "/opt/" + "wheels",
]
INDEX_LINES = [r"^--(?:extra-)?index-" + "url", r"^--find-" + "links", '"resol' + r'ved": "http']
UNDONE = [r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"raise NotImplemented" + "Error"]
SECRETS = ["-----BEGIN [A-Z ]*PRIVATE" + " KEY", r"\bcd" + r"k_[A-Za-z0-9]{20,}"]


def places(texts: dict[str, str], patterns: list[str]) -> list[str]:
    """`file:line: text` of each match."""
    wanted = re.compile("|".join(patterns), re.MULTILINE)
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for name, text in texts.items()
        for match in wanted.finditer(text)
    ]


def test_no_registry_host(tracked_texts: dict[str, str]) -> None:
    assert places(tracked_texts, [re.escape(host) for host in REGISTRY_HOSTS]) == []


def test_no_index_lines_in_locks(tracked_texts: dict[str, str]) -> None:
    assert places(tracked_texts, INDEX_LINES) == []


def test_no_path_of_one_machine(tracked_texts: dict[str, str]) -> None:
    assert places(tracked_texts, MACHINE_PATHS) == []


def test_nothing_is_left_undone(tracked_texts: dict[str, str]) -> None:
    code = {name: text for name, text in tracked_texts.items() if name.startswith(("src/", "frontend/src/", "perf/"))}
    assert places(code, UNDONE) == []


def test_no_secrets(tracked_texts: dict[str, str]) -> None:
    assert places(tracked_texts, SECRETS) == []


def test_places_are_found() -> None:
    assert places({"a.txt": "one\ntwo " + REGISTRY_HOSTS[0]}, [re.escape(REGISTRY_HOSTS[0])]) == [
        f"a.txt:2: {REGISTRY_HOSTS[0]}"
    ]
