"""What is read of sounds: against plain arithmetic on whole numbers, as the counts of FLAWS.json are defined."""

import hashlib
import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from checkdam.lint.media import MemoryFacts, gather
from checkdam.lint.sound_facts import QUIET_LEVELS, SoundFacts, sound_facts
from checkdam.schema import Item, item_id

RATE = 8000


def audio(name: str) -> Item:
    return Item(id=item_id(name), kind="audio", name=name)


def record(path: Path, values: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(values.tobytes())
    return path


def speech(seed: int) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    random = np.random.default_rng(seed)
    loud = random.normal(0, 4000, random.integers(500, 3000))
    quiet = random.integers(-300, 300, random.integers(0, 2000))
    return np.clip(np.concatenate([quiet, loud, quiet[::2]]), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("seed", range(8))
def test_facts_are_those_of_a_plain_script(tmp_path: Path, seed: int) -> None:
    values = speech(seed)
    path = record(tmp_path / "a.wav", values)
    facts = sound_facts(path)
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (facts.sample_rate, facts.channels, facts.frames) == (RATE, 1, len(values))
    assert facts.duration == len(values) / RATE
    whole = np.abs(values.astype(np.int64))
    assert facts.peak == whole.max() / 32768
    assert facts.rms == pytest.approx(float(np.sqrt(np.mean((values / 32768.0) ** 2))))
    assert facts.full_scale == int((whole >= 32767).sum())
    loud = np.flatnonzero(whole >= 328)  # 1 % of full scale
    at = QUIET_LEVELS.index(-40)
    assert facts.before is not None
    assert facts.after is not None
    assert (facts.before[at], facts.after[at]) == (loud[0] / RATE, (len(values) - 1 - loud[-1]) / RATE)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=SoundFacts) == facts


def test_samples_tell_rates_and_shapes_apart_and_formats_not(tmp_path: Path) -> None:
    values = speech(1)
    digests = {}
    for name, rate, shape in (
        ("a.wav", 8000, values),
        ("a.flac", 8000, values),
        ("b.wav", 16000, values),
        ("c.wav", 8000, np.stack([values, values], axis=1)),
    ):
        soundfile.write(tmp_path / name, shape, rate, subtype="PCM_16")
        digests[name] = sound_facts(tmp_path / name).samples
    assert digests["a.wav"] == digests["a.flac"]
    assert len(set(digests.values())) == 3


def test_whatever_cannot_be_read_is_a_fact_without_a_path_of_this_machine(tmp_path: Path) -> None:
    record(tmp_path / "a.wav", speech(1))
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:900])
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "folder.wav").mkdir()
    items = [audio(name) for name in ("a.wav", "cut.wav", "text.wav", "folder.wav", "gone.wav", "nowhere.wav")]
    facts = gather(items, lambda item: None if item.name == "nowhere.wav" else tmp_path / item.name)
    assert facts.missing.tolist() == [False] * 5 + [True]
    assert facts.sounds[0] is not None
    assert facts.sounds[0].error is None
    for sound in facts.sounds[1:5]:
        assert sound is not None
        assert sound.error
        assert str(tmp_path) not in sound.error


def test_sounds_and_images_of_the_same_bytes_have_facts_of_their_own(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", speech(1))
    store = MemoryFacts()
    both = [audio("a.wav"), Item(id="x", kind="image", name="a.wav")]
    facts = gather(both, lambda _: path, store=store)
    assert facts.sounds[0] is not None
    assert facts.images[1] is not None
    assert facts.images[1].error is not None
    assert len(store) == 2
    stored = [msgspec.structs.replace(item, blob=facts.sounds[0].sha256) for item in both]
    again = gather(stored, lambda _: tmp_path / "gone.wav", store=store)
    assert (again.sounds, again.images) == (facts.sounds, facts.images)


def test_sounds_are_left_alone_where_nobody_listens(tmp_path: Path) -> None:
    facts = gather([audio("a.wav")], lambda _: tmp_path / "a.wav", sounds=False)
    assert facts.sounds == [None]
    assert not facts.missing.any()
