"""The file that keeps facts of media between lint runs."""

from pathlib import Path

import pytest
from msgspec import Struct

from checkdam.datasets.store import FactFile, facts
from checkdam.lint import ImageFacts, SoundFacts

IMAGE = ImageFacts(sha256="a" * 64, width=4, height=3, blur=0.25, greys=(0.0, 1.0, 2.0, 3.0, 4.0))
SOUND = SoundFacts(sha256="a" * 64, duration=0.5, sample_rate=8000, before=(None, 0.1))


def test_facts_of_images_and_sounds_are_kept_apart(tmp_path: Path) -> None:
    file = FactFile(tmp_path)
    file.put("a" * 64, IMAGE)
    assert file.get("a" * 64, SoundFacts) is None
    file.put("a" * 64, SOUND)
    file.close()
    again = FactFile(tmp_path)
    assert again.get("a" * 64, ImageFacts) == IMAGE
    assert again.get("a" * 64, SoundFacts) == SOUND
    assert again.get("b" * 64, ImageFacts) is None
    assert again.drop() == 2
    assert again.get("a" * 64, ImageFacts) is None
    again.close()


def test_what_a_version_with_fewer_facts_kept_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(Struct):
        sha256: str | None = None

    with monkeypatch.context() as older:
        older.setattr(facts, "ImageFacts", Older)
        file = FactFile(tmp_path)
        file.put("a" * 64, IMAGE)
        file.close()
    assert len(list(tmp_path.glob("facts-*.db"))) == 1
    file = FactFile(tmp_path)
    assert file.get("a" * 64, ImageFacts) is None
    file.close()
    assert len(list(tmp_path.glob("facts-*.db"))) == 2
