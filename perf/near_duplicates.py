"""`python -m perf.near_duplicates`: how many copies among made pictures are found, how many of those found are copies,
and in what processor time; beside peers that are installed.

The thresholds were chosen on the part `tune` with the seed 1. What is printed is of the part `report`: other originals
and another seed. A pair that is found and was not made counts as wrong.
"""

import argparse
import contextlib
import importlib
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from types import ModuleType

import numpy as np
from PIL import Image

from checkdam.lint import FrameBuilder, LintConfig, lint
from checkdam.lint.image_facts import looks, signed
from checkdam.measure.hashing import hamming_pairs
from checkdam.measure.near import copies
from checkdam.schema import Item, item_id
from perf.duplicates_made import PARTS, Made, make, real_pictures
from perf.table import Row, print_table

Pairs = set[tuple[str, str]]

LINT = "Checkdam, `lint --select near-duplicate-image`"

PHASH_BITS = 10
"""imagededup's default: how many of 64 bits may differ."""


def ours(folder: Path) -> Pairs:
    """Signatures and matching alone, as a program would use them that has the pictures."""
    names = sorted(path.name for path in folder.iterdir())
    signatures = []
    for name in names:
        with Image.open(folder / name) as image:
            signatures.append(signed(looks(image)))
    found = copies(signatures, 0.9)
    return {(names[a], names[b]) for a, b in zip(found.first.tolist(), found.second.tolist(), strict=True)}


def linted(folder: Path) -> Pairs:
    """The rule as users run it, alone: what it does not need is not read of a picture."""
    builder = FrameBuilder()
    for path in sorted(folder.iterdir()):
        builder.add(Item(id=item_id(path.name), kind="image", name=path.name))
    frame = builder.build()
    found = lint(frame, lambda item: folder / item.name, LintConfig(select=("near-duplicate-image",)))
    names = [[frame.items[frame.item_rows[key]].name for key in finding.subject.ids] for finding in found]
    return {(min(pair), max(pair)) for pair in names}


def cleanvision(folder: Path, peer: ModuleType) -> Pairs:
    lab = peer.Imagelab(data_path=str(folder))
    lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
    sets = [*lab.info["near_duplicates"]["sets"], *lab.info["exact_duplicates"]["sets"]]
    return {pair for one in sets for pair in combinations(sorted(Path(path).name for path in one), 2)}


def imagededup(folder: Path, peer: ModuleType) -> Pairs:
    hasher = peer.PHash(verbose=False)
    hashes = hasher.encode_images(image_dir=str(folder), num_enc_workers=0)
    found = hasher.find_duplicates(encoding_map=hashes, max_distance_threshold=PHASH_BITS, num_dist_workers=0)
    return {(min(name, other), max(name, other)) for name, others in found.items() for other in others}


def phash(folder: Path, peer: ModuleType) -> Pairs:
    """The hash that imagededup uses too, matched by our search: in its favour."""
    names = sorted(path.name for path in folder.iterdir())
    hashes = np.array([int(str(peer.phash(Image.open(folder / name))), 16) for name in names], dtype=np.uint64)
    first, second, _ = hamming_pairs(hashes, PHASH_BITS, 10**7)
    return {(names[a], names[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)}


def quality(found: Pairs, made: Made) -> tuple[float, float]:
    """Recall and precision over pairs."""
    right = len(found & made.pairs)
    return right / len(made.pairs), right / max(len(found), 1)


def measured(works: dict[str, Callable[[Path], Pairs]], made: Made, rounds: int) -> list[Row]:
    """Seconds are medians of rounds in which all take their turn, and a ratio is the median of the rounds' ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    found: dict[str, Pairs] = {}
    for _ in range(rounds):
        for name, work in works.items():
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                begun = _seconds()
                found[name] = work(made.folder)
                seconds[name].append(_seconds() - begun)
    rows = []
    for name, own in seconds.items():
        recall, precision = quality(found[name], made)
        ratio = median(one / ours for one, ours in zip(own, seconds[LINT], strict=True))
        how = f"{median(own):.1f} CPU-s, {ratio:.2f} × that of `lint`, {len(found[name]):,} pairs"
        rows.append(Row(name, f"recall {recall:.3f}, precision {precision:.3f}", how))
    return rows


def by_change(found: Pairs, made: Made) -> list[Row]:
    """The recall of originals with copies on which one thing, or several, was done."""
    tally: dict[str, list[bool]] = {}
    for pair in made.pairs:
        words = [made.how[name] for name in pair if made.how[name] != "original"]
        kind = (
            "copies of one original" if len(words) == 2 else "several changes" if "," in words[0] else _kind(words[0])
        )
        tally.setdefault(kind, []).append(pair in found)
    return [
        Row(kind, f"recall {sum(hits) / len(hits):.3f}", f"{len(hits)} pairs") for kind, hits in sorted(tally.items())
    ]


def _kind(words: str) -> str:
    return "several changes" if "," in words else words.partition(" ")[0].replace("quality", "recompression")


def _seconds() -> float:
    """Processor seconds of this process and its children."""
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perf.near_duplicates", description=__doc__)
    parser.add_argument("--part", choices=PARTS, default="report", help="which half of the real pictures")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--total", type=int, default=2000, help="pictures")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turn")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CHECKDAM_TEST_DATA", "../shared/data")))
    arguments = parser.parse_args()
    real = real_pictures(arguments.data)
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="checkdam-perf-") as folder:
        made = make(Path(folder) / "made", real, arguments.part, arguments.seed, total=arguments.total)
        works: dict[str, Callable[[Path], Pairs]] = {"Checkdam, signatures and matching": ours, LINT: linted}
        absent = []
        for name, module, work in (
            ("cleanvision", "cleanvision", cleanvision),
            ("imagededup, PHash", "imagededup.methods", imagededup),
            ("imagehash, phash, our search", "imagehash", phash),
        ):
            try:
                peer = importlib.import_module(module)
            except Exception as error:  # a peer may be installed without what it needs
                absent.append(Row(name, "–", f"cannot be imported: {type(error).__name__}"))
                continue
            works[name] = partial(work, peer=peer)
        rows = [*measured(works, made, arguments.rounds), *absent]
        changes = by_change(ours(made.folder), made)
    copied = (
        f"{len(made.groups):,} pictures, {len(made.pairs):,} pairs to find; {len(real)} real pictures, half of them"
    )
    print_table(f"Near duplicates: {copied}, part {arguments.part}, seed {arguments.seed}", rows)
    print_table("By what was done", changes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
