"""Sounds: manifests of NeMo and Common Voice, LJSpeech, and folders that say nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkdam.formats import PatchEdit, detect, detections, format_named
from checkdam.schema import AudioSegment, Category, InputError, Transcript
from unit.formats.making import SOUND, make, read_all

AUDIO, LJSPEECH = format_named("audio"), format_named("ljspeech")


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, rows)) + "\n"


def told(root: Path, format: Any = AUDIO) -> list[tuple[Any, ...]]:
    _, entries, annotations, problems = read_all(format, root)
    assert [str(problem) for problem in problems] == []
    marks = {entry.item.id: [each for each in annotations if each.item_id == entry.item.id] for entry in entries}
    return [
        (
            entry.item.name,
            entry.item.split,
            entry.media is not None,
            [(a.label, a.geometry) for a in marks[entry.item.id]],
        )
        for entry in entries
    ]


def test_a_manifest_of_nemo(tmp_path: Path) -> None:
    rows = [
        {"audio_filepath": "wav/1.wav", "duration": 0.5, "text": "one", "speaker": "a"},
        {"audio_filepath": "/data/elsewhere/wav/2.wav", "duration": 1, "label": "yes"},
        {"audio_filepath": "3.wav", "offset": 0.5, "duration": 1.25, "text": "first", "speaker": "b"},
        {"audio_filepath": "3.wav", "offset": 2, "duration": 1, "text": "second", "label": "yes"},
    ]
    make(tmp_path, {"train_manifest.json": lines(*rows), "wav/1.wav": SOUND, "wav/2.wav": SOUND})
    assert detect(tmp_path).name == "audio"
    assert told(tmp_path) == [
        ("wav/1.wav", "train", True, [("transcript", Transcript("one"))]),
        ("wav/2.wav", "train", True, [("yes", Category())]),
        (
            "3.wav",
            "train",
            False,
            [
                ("transcript", Transcript("first", 0.5, 1.75)),
                ("yes", AudioSegment(2.0, 3.0)),
                ("transcript", Transcript("second", 2.0, 3.0)),
            ],
        ),
    ]
    taxonomy, entries, annotations, _ = read_all(AUDIO, tmp_path)
    assert taxonomy.names() == ("transcript", "yes")
    assert [(each.item.duration, each.item.sample_rate) for each in entries] == [(0.5, 8000), (1.0, 8000), (None, None)]
    assert entries[0].item.metadata == {"speaker": "a"}
    assert annotations[2].attributes == {"speaker": "b"}
    places = AUDIO.places(tmp_path, [entries[2].item])[entries[2].item.id]
    assert [str(place) for place in places] == ["train_manifest.json:3", "train_manifest.json:4"]


def test_tables_of_common_voice(tmp_path: Path) -> None:
    head = "client_id\tpath\tsentence\tup_votes\n"
    files = {
        "train.tsv": head + 'x\t1.mp3\tSay "hello\t2\n',
        "dev.tsv": head + "x\t2.mp3\tb\t\n",
        "validated.tsv": head + "x\t1.mp3\ta\t2\nx\t2.mp3\tb\t2\n",
    }
    make(tmp_path, files | {"clips/1.mp3": SOUND, "clips/2.mp3": SOUND, "clips/3.mp3": SOUND})
    assert detect(tmp_path).name == "audio"
    assert told(tmp_path) == [
        ("clips/2.mp3", "val", True, [("transcript", Transcript("b"))]),
        ("clips/1.mp3", "train", True, [("transcript", Transcript('Say "hello'))]),
    ]
    make(tmp_path / "c", {"x.csv": 'wav_filename,transcript,duration\n1.wav,"a, b",0.25\n', "1.wav": SOUND})
    assert told(tmp_path / "c") == [("1.wav", None, True, [("transcript", Transcript("a, b"))])]
    assert read_all(AUDIO, tmp_path / "c")[1][0].item.duration == 0.25


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "climbing": ({"audio_filepath": "../1.wav"}, ".audio_filepath"),
    "elsewhere": ({"audio_filepath": "/etc/none.wav"}, ".audio_filepath"),
    "climbing and absolute": ({"audio_filepath": "/../../1.wav"}, ".audio_filepath"),
    "no file": ({"text": "a"}, ".audio_filepath"),
    "no duration": ({"audio_filepath": "1.wav", "offset": 1}, ".duration"),
    "endless": ({"audio_filepath": "1.wav", "duration": "long"}, ".duration"),
    "given twice": ({"audio_filepath": "good.wav"}, ".audio_filepath"),
    "NUL": ({"audio_filepath": "1.wav", "text": "a\0"}, ".text"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_told_and_the_others_kept(tmp_path: Path, case: str) -> None:
    row, where = BAD[case]
    make(tmp_path, {"m.jsonl": lines({"audio_filepath": "good.wav", "text": "a"}, row)})
    _, entries, annotations, problems = read_all(AUDIO, tmp_path)
    assert [problem.where for problem in problems] == [f"m.jsonl:2{where}"]
    assert entries[0].item.name == "good.wav"
    assert len(annotations) == 1


def test_labels_are_not_guessed_from_names(tmp_path: Path) -> None:
    make(tmp_path, {"recordings/7_theo_1.wav": SOUND, "recordings/8_theo_1.wav": SOUND, "recordings/bad.wav": b"x"})
    claims = detections(tmp_path)
    assert (claims[0].format, claims[0].confidence < 0.3) == ("audio", True)
    taxonomy, entries, annotations, problems = read_all(AUDIO, tmp_path)
    assert (taxonomy.labels, annotations, list(problems)) == ((), [], [])
    assert [(each.item.duration, each.item.sample_rate) for each in entries] == [
        (4 / 8000, 8000),
        (4 / 8000, 8000),
        (None, None),  # what cannot be read is for a rule to find
    ]


def test_fsdd(shared_data: Path, flaws: dict[str, Any]) -> None:
    counted = flaws["fsdd_subset"]
    _, entries, annotations, problems = read_all(AUDIO, shared_data / "fsdd_subset")
    assert (len(annotations), list(problems)) == (0, [])
    assert len(entries) == counted["files"] == 300
    assert {each.item.sample_rate for each in entries} == {8000}
    durations = sorted(each.item.duration or 0 for each in entries)
    assert round(sum(durations), 2) == counted["seconds_total"]
    middle = (durations[149] + durations[150]) / 2
    told = [round(each, 3) for each in (durations[0], middle, durations[-1])]
    assert told == counted["seconds_min_median_max"]
    assert sum(each < 0.2 for each in durations) == counted["shorter_than_0.2s"]


def test_a_manifest_is_changed_in_place(tmp_path: Path) -> None:
    text = '{"audio_filepath": "1.wav", "text": "ü", "label": "x"}\n{"audio_filepath":"2.wav","text":"b"}\n'
    path = make(tmp_path, {"m.jsonl": text}) / "m.jsonl"
    _, entries, (label, transcript, _), _ = read_all(AUDIO, tmp_path)
    edit = PatchEdit(at=transcript.origin.at, array=transcript.origin.array)
    assert AUDIO.patch(path, [edit]).decode() == text.replace(' "text": "ü",', "")
    edit = PatchEdit(at=label.origin.at, array=label.origin.array)
    assert AUDIO.patch(path, [edit]).decode() == text.replace(', "label": "x"', "")
    (place,) = AUDIO.places(tmp_path, [entries[0].item])[entries[0].item.id]
    assert AUDIO.patch(path, [PatchEdit(at=place.at, whole_item=True)]).decode() == text.split("\n", 1)[1]


def test_ljspeech(tmp_path: Path) -> None:
    text = 'LJ001|He said "12" things|he said twelve things\r\nLJ002|only one\nLJ003\n'
    make(tmp_path, {"metadata.csv": text, "wavs/LJ001.wav": SOUND})
    assert detect(tmp_path).name == "ljspeech"
    both = [("transcript", Transcript('He said "12" things')), ("normalised", Transcript("he said twelve things"))]
    assert told(tmp_path, LJSPEECH) == [
        ("wavs/LJ001.wav", None, True, both),
        ("wavs/LJ002.wav", None, False, [("transcript", Transcript("only one"))]),
        ("wavs/LJ003.wav", None, False, []),
    ]
    _, entries, annotations, _ = read_all(LJSPEECH, tmp_path)
    assert (entries[0].item.duration, entries[0].item.sample_rate) == (4 / 8000, 8000)
    path = tmp_path / "metadata.csv"
    edit = PatchEdit(at=annotations[1].origin.at, array=annotations[1].origin.array)
    assert LJSPEECH.patch(path, [edit]).decode() == text.replace("|he said twelve things", "")
    assert LJSPEECH.patch(path, [PatchEdit(at=2, whole_item=True)]).decode() == text.replace("LJ002|only one\n", "")
    for wrong in (PatchEdit(at=1), PatchEdit(at=9), PatchEdit(at=3), PatchEdit(at=1, array="2.x")):
        with pytest.raises(InputError):
            LJSPEECH.patch(path, [wrong])


@pytest.mark.parametrize("line", ["../x|a", "/etc/x|a", "a|b|c|d", "|a", "1|a\0b", b"1|\xff", "LJ001|again"], ids=repr)
def test_bad_lines_of_ljspeech(tmp_path: Path, line: str | bytes) -> None:
    bad = line if isinstance(line, bytes) else line.encode()
    make(tmp_path, {"metadata.csv": b"LJ001|good\n" + bad + b"\nLJ009|good\n"})
    _, entries, _, problems = read_all(LJSPEECH, tmp_path)
    assert [problem.where for problem in problems] == ["metadata.csv:2"]
    assert [entry.item.name for entry in entries] == ["wavs/LJ001.wav", "wavs/LJ009.wav"]
