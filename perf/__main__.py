"""`python -m perf [--items N]` prints the table of the spine."""

import argparse
import sys
import tempfile
from pathlib import Path

from perf.peers import compare
from perf.spine import measure, source_in
from perf.table import print_table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perf", description=__doc__)
    parser.add_argument("--items", type=int, default=10_000, help="items of the synthetic dataset, ten boxes each")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="checkdam-perf-") as folder:
        rows = list(measure(Path(folder), arguments.items))
        peers = list(compare(source_in(Path(folder))))
    print_table(f"{arguments.items:,} items, {arguments.items * 10:,} boxes", rows)
    print_table("Beside peers: how many times their time (more is better)", peers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
