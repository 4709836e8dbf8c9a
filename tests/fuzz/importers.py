"""Coverage-guided fuzzing of one format's reader: `python tests/fuzz/importers.py FORMAT CORPUS [libFuzzer's options]`.

Small datasets are written (`fuzz.seeds`); then one of their files at a time is replaced by what the fuzzer makes of it.
Reading may tell problems. It may not raise anything but Checkdam's own errors, nor take long, nor take much memory
(libFuzzer's `-timeout` and `-rss_limit_mb`). The first byte of an input chooses the file.

`python tests/fuzz/importers.py --keep FORMAT INPUT NAME` puts an input that broke a reader among the cases that are
read in every run.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["checkdam.formats", "checkdam.guard"]):
    from checkdam.formats import Format, format_named, formats
    from checkdam.guard.limits import InputLimits
    from checkdam.schema import CheckdamError, Problems

    formats()  # finds, and so imports, every reader

from fuzz.seeds import Seed, kept, seeds

LIMITS = InputLimits(document_bytes=1 << 20, files=100)
CASES = Path(__file__).parents[1] / "cases" / "fuzz"


def main() -> None:
    base = Path(tempfile.mkdtemp(prefix="checkdam-fuzz-"))
    try:
        if sys.argv[1] == "--keep":
            keep(sys.argv[2], Path(sys.argv[3]), sys.argv[4], base)
        else:
            fuzz(format_named(sys.argv[1]), Path(sys.argv[2]), base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def keep(name: str, source: Path, case: str, base: Path) -> None:
    files = seeds(format_named(name), base)
    data = source.read_bytes()
    seed = files[data[0] % len(files)]
    target = CASES / name / seed.dataset / seed.name / case
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data[1:])


def fuzz(format: Format, corpus: Path, base: Path) -> None:
    files = seeds(format, base)
    sound = [seed.path.read_bytes() for seed in files]
    prepare(corpus, files, CASES / format.name)

    def read_once(data: bytes) -> None:
        if not data:
            return
        at = data[0] % len(files)
        seed = files[at]
        seed.path.write_bytes(data[1:])
        try:
            problems = Problems()
            for ask in (format.detect, format.count):
                ask(seed.root)
            format.near_misses(seed.root, problems)
            for _ in format.read(seed.root, problems, LIMITS):
                pass
            for problem in problems:
                str(problem)
        except CheckdamError:
            pass
        finally:
            seed.path.write_bytes(sound[at])

    atheris.Setup([sys.argv[0], *sys.argv[2:]], read_once)
    atheris.Fuzz()


def prepare(corpus: Path, files: list[Seed], cases: Path) -> None:
    """Fills the corpus: the files as they are, and what broke the reader before."""
    corpus.mkdir(parents=True, exist_ok=True)
    places = {(seed.dataset, seed.name): at for at, seed in enumerate(files)}
    for at, seed in enumerate(files):
        (corpus / f"seed{at}").write_bytes(bytes([at]) + seed.path.read_bytes())
    for number, (dataset, name, data) in enumerate(kept(cases)):
        (corpus / f"kept{number}").write_bytes(bytes([places[dataset, name]]) + data)


if __name__ == "__main__":
    main()
