"""Sounds reach the rules: from a plain folder, and from an imported dataset."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unit.cli.command import Run


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A dozen tones as a manifest names them; one silent, one clipped and of another rate, one that is no sound."""
    root = tmp_path / "sounds"
    root.mkdir()
    time = np.arange(8000) / 8000
    rows = []
    for number in range(12):
        name, gain, rate = f"{number}.wav", 0.5, 8000
        if number == 3:
            gain = 0.0
        elif number == 7:
            gain, rate = 2.0, 16000
        tone = np.clip(gain * np.sin(2 * np.pi * (300 + 10 * number) * time), -1, 1)
        soundfile.write(root / name, tone, rate)
        rows.append({"audio_filepath": name, "text": "a tone"})
    (root / "11.wav").write_bytes((root / "11.wav").read_bytes()[:999])
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return root


EXPECTED = [
    ("manifest.jsonl:4", "near-silent"),
    ("manifest.jsonl:8", "clipping"),
    ("manifest.jsonl:8", "sample-rate-change"),
    ("manifest.jsonl:12", "unreadable-sound"),
]


def found(text: str) -> list[tuple[str, str]]:
    rules = {rule for _, rule in EXPECTED}
    return [(one["location"], one["rule"]) for one in json.loads(text)["findings"] if one["rule"] in rules]


def test_a_folder_and_its_dataset_have_the_same_sounds(checkdam: Run, sounds: Path) -> None:
    assert found(checkdam("lint", sounds, "--format", "json").out) == EXPECTED
    assert checkdam("import", sounds, "tones").status == 0
    assert found(checkdam("lint", "tones", "--format", "json").out) == EXPECTED
    # Once more, now from the facts that were kept.
    assert found(checkdam("lint", "tones", "--format", "json").out) == EXPECTED
