"""Measures Checkdam, and prints tables in Markdown. Without a part: spine and peers, the quick ones."""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from perf.table import print_table

PARTS = {
    "spine": "import, lint and queries over a small synthetic dataset",
    "peers": "the same work done by other libraries, in turn",
    "big": "growth from 10 thousand to 10 million boxes, memory, and queries over the largest",
    "browser": "scrolling the grid of a large dataset in a real browser",
    "size": "how large an installation is (asks the package index)",
    "near-duplicates": "recall, precision and time of near duplicates, beside other libraries",
}
QUICK = ("spine", "peers")


def main() -> int:
    parts = "\n".join(f"  {name:16} {what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m perf",
        description=f"{__doc__}\n\nparts:\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", metavar="PART", help="what to measure")
    parser.add_argument(
        "--items", type=int, help="items of the synthetic dataset, ten boxes each (10,000; big: 1,000,000)"
    )
    parser.add_argument("--memory", type=float, default=8.0, help="big: the most memory in gigabytes (default: 8)")
    parser.add_argument("--folder", type=Path, help="big, browser: where the data is made and kept, to be used again")
    arguments = parser.parse_args()
    for part in arguments.part or QUICK:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; the parts are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="checkdam-perf-") as temporary:
        folder = Path(temporary) if arguments.folder is None else arguments.folder.absolute()
        for part in arguments.part or QUICK:
            _run(part, folder, arguments)
    return 0


def _run(part: str, folder: Path, arguments: argparse.Namespace) -> None:
    quick = arguments.items or 10_000
    if part == "spine":
        from perf.spine import measure

        print_table(f"{quick:,} items, {quick * 10:,} boxes", list(measure(folder / "spine", quick)))
    elif part == "peers":
        from perf.peers import compare

        print_table("Beside peers: how many times their time (more is better)", list(compare(folder / "peers", quick)))
    elif part == "big":
        from perf.big import report

        report(folder, arguments.items or 1_000_000, arguments.memory)
    elif part == "browser":
        from perf.browser import report as browse

        browse(folder, arguments.items or 1_000_000)
    elif part == "size":
        from perf.size import installed

        print_table("Installed size", list(installed(folder / "size")))
    elif importlib.util.find_spec("perf.near_duplicates") is not None:
        subprocess.run([sys.executable, "-m", "perf.near_duplicates"], check=True)


if __name__ == "__main__":
    sys.exit(main())
