"""Sounds as SciPy reads them, and manifests as `datasets` does."""

from pathlib import Path

import numpy as np

from checkdam.formats import format_named
from checkdam.guard.sounds import read_sound, sound_info
from checkdam.schema import Annotation, Item, Taxonomy, Transcript, annotation_id, item_id, ordinal_key
from conftest import missing
from unit.formats.making import SOUND, read_all

try:
    import datasets
    from scipy.io import wavfile
except ImportError:
    missing("scipy or datasets is not installed")


def test_fsdd_as_scipy_reads_it(shared_data: Path) -> None:
    paths = sorted((shared_data / "fsdd_subset" / "recordings").glob("*.wav"))
    assert len(paths) == 300
    for path in paths:
        rate, expected = wavfile.read(path)
        samples, got = read_sound(path)
        assert got == rate == sound_info(path).sample_rate
        assert np.array_equal(samples[:, 0], expected.astype(np.float32) / 32768)


def test_a_manifest_as_datasets_reads_it(tmp_path: Path) -> None:
    (tmp_path / "source.wav").write_bytes(SOUND)
    records = []
    for at in range(3):
        item = Item(id=item_id(f"{at}.wav"), kind="audio", name=f"{at}.wav", duration=4 / 8000, sample_rate=8000)
        key = annotation_id(item.id, ordinal_key(0))
        mark = Annotation(id=key, item_id=item.id, label="transcript", geometry=Transcript(f"text {at}"))
        records.append((item, [mark]))
    assert not format_named("audio").write(tmp_path / "out", Taxonomy(), records, lambda _: tmp_path / "source.wav")
    loaded = datasets.load_dataset("json", data_files=str(tmp_path / "out" / "manifest.jsonl"), split="train")
    _, entries, _, problems = read_all(format_named("audio"), tmp_path / "out")
    assert not problems
    theirs = [(row["audio_filepath"], row["duration"], row["sample_rate"], row["text"]) for row in loaded]
    ours = [
        (each.item.name, each.item.duration, each.item.sample_rate, f"text {at}") for at, each in enumerate(entries)
    ]
    assert theirs == ours
