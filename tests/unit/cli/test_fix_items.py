"""`checkdam lint FOLDER --fix` where whole items are concerned: declared sizes, and copies that go."""

import contextlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pycocotools.coco import COCO

from unit.cli.command import Done, Run, voc_xml

Files = dict[str, bytes]


def files_of(root: Path) -> Files:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def picture(path: Path, seed: int, size: tuple[int, int] = (64, 48)) -> None:
    """A picture of noise; the same seed gives the same pixels, and the ending the file format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = bytes((seed * (at + 7) * 2654435761 >> 7) % 256 for at in range(size[0] * size[1]))
    Image.frombytes("L", size, pixels).save(path)


def write(root: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def fix(checkdam: Run, root: Path, rules: str, *more: str) -> tuple[Done, Files, dict[str, Any]]:
    """Fixes a folder and holds what is always so: the source stays, the copy is clean, and each place is on record."""
    before = files_of(root)
    done = checkdam("lint", root.name, "--fix", "--select", rules, *more)
    copy = root.parent / f"{root.name}-fixed"
    after = files_of(copy)
    record = json.loads(after.pop("checkdam-lineage.json"))
    assert files_of(root) == before
    assert (done.status, done.out.splitlines()[-1]) == (0, "No findings."), done.out + done.err
    assert checkdam("lint", copy.name, "--select", rules).status == 0
    changed = {name for name in before if after.get(name) != before[name]}
    assert {re.split(r"[:#]", edit["place"])[0] for edit in record["edits"]} == changed
    shown = re.findall(r"^--- a/(.*)$|^Binary files a/(.*) and /dev/null differ$", done.out, re.MULTILINE)
    assert {one or other for one, other in shown} == changed
    fixed = re.search(r"fixed (\d+) findings? in (\d+) files?;", done.err)
    assert fixed is not None
    assert (int(fixed[1]), int(fixed[2])) == (len(record["findings"]), len(changed))
    assert set(after) <= set(before)
    return done, after, record


def promised(checkdam: Run, root: Path, rules: str) -> int:
    """How many findings the report says can be fixed safely."""
    told = re.search(r"(\d+) can be fixed safely with --fix", checkdam("lint", root.name, "--select", rules).out)
    return int(told[1]) if told else 0


def test_the_size_in_a_voc_file(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    boxes = [(4, 4, 20, 20)]
    xml = voc_xml("a.png", boxes, (48, 64)).replace("<width>48<", "<width> 48 <!-- as told --><")
    xml = xml.replace("\n", "\r\n")
    odd = voc_xml("b.png", boxes, (64, 4)).replace("<height>4<", "<height>\n 4 <")
    write(root, {"a.xml": xml, "b.xml": odd, "c.xml": voc_xml("c.png", boxes)})
    for seed, name in enumerate("abc"):
        picture(root / f"{name}.png", seed + 1)
    before = files_of(root)
    assert promised(checkdam, root, "size-mismatch") == 2
    _, after, record = fix(checkdam, root, "size-mismatch")
    assert after == before | {
        "a.xml": xml.replace(" 48 <!-- as told -->", " 64").replace("<height>64<", "<height>48<").encode(),
        "b.xml": odd.replace("\n 4 <", "\n 48 <").encode(),
    }
    assert sorted(edit["place"] for edit in record["edits"]) == ["a.xml", "b.xml"]
    assert {edit["edit"]["type"] for edit in record["edits"]} == {"replace_item"}


@pytest.fixture
def coco_copies(tmp_path: Path) -> Path:
    """COCO in a hand that is not json.dumps': `b.png` has the pixels of `a.png`, `c.png` and `d.png` a wrong size."""
    root = tmp_path / "set"
    write(
        root,
        {
            "train.json": '{"info": {}, "images": [ {"id":7,"file_name":"a.png", "width":64,"height":48 ,"n":1.50},\n'
            '  {"id": 8, "file_name": "b.png", "width": 64, "height": 48},\n'
            '  {"height": 64.0 , "width":48, "file_name": "c.png", "id": 9},'
            '  {"id": 10, "file_name": "d.png", "width": 0, "height": 48} ],\n'
            ' "annotations": [{"id": 1, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4.50]},\n'
            '{"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4.50], "area": 13.5},\n'
            '{"id": 3, "image_id": 9, "category_id": 3, "bbox": [1,2,3,4], "area": 12},\n'
            '{"id": 4, "image_id": 8, "category_id": 3, "bbox": [5, 2, 3, 4.50]}],\n'
            ' "categories": [{"id": 3, "name": "ü"}] }\n',
        },
    )
    for name, seed in (("a", 1), ("b", 1), ("c", 2), ("d", 3)):
        picture(root / f"{name}.png", seed)
    return root


def test_the_size_in_a_coco_file(checkdam: Run, coco_copies: Path) -> None:
    before = files_of(coco_copies)
    assert promised(checkdam, coco_copies, "size-mismatch") == 2
    _, after, _ = fix(checkdam, coco_copies, "size-mismatch")
    text = before["train.json"].decode()
    text = text.replace('"height": 64.0 , "width":48', '"height": 48 , "width":64').replace('"width": 0', '"width": 64')
    assert after == before | {"train.json": text.encode()}


def test_a_copy_in_a_coco_file_goes_with_its_annotations(checkdam: Run, coco_copies: Path) -> None:
    before = files_of(coco_copies)
    _, after, record = fix(checkdam, coco_copies, "duplicate-image,size-mismatch", "--unsafe-fixes")
    text = before["train.json"].decode()
    for gone in (
        '{"id": 8, "file_name": "b.png", "width": 64, "height": 48},\n  ',
        '{"id": 1, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4.50]},\n',
        ',\n{"id": 4, "image_id": 8, "category_id": 3, "bbox": [5, 2, 3, 4.50]}',
    ):
        assert gone in text
        text = text.replace(gone, "")
    text = text.replace('"height": 64.0 , "width":48', '"height": 48 , "width":64').replace('"width": 0', '"width": 64')
    assert after == before | {"train.json": text.encode()}
    assert {edit["place"] for edit in record["edits"] if edit["edit"]["type"] == "delete_item"} == {
        "train.json#images[1]",
        "train.json#annotations[0]",
        "train.json#annotations[3]",
    }
    with contextlib.redirect_stdout(None):
        peer = COCO(coco_copies.parent / "set-fixed" / "train.json")
    assert sorted(peer.getImgIds()) == [7, 9, 10]
    assert sorted(peer.getAnnIds()) == [2, 3]
    assert {image: (one["width"], one["height"]) for image, one in peer.imgs.items()} == dict.fromkeys(
        (7, 9, 10), (64, 48)
    )


def test_a_copy_that_two_coco_files_list_goes_from_both(checkdam: Run, coco_copies: Path, tmp_path: Path) -> None:
    other = (coco_copies / "train.json").read_text("utf-8")
    (coco_copies / "val.json").write_text(other, "utf-8")
    done = checkdam("lint", "set", "--fix", "--unsafe-fixes", "--select", "duplicate-image")
    assert "fixed 1 finding in 2 files" in done.err
    for name in ("train.json", "val.json"):
        document = json.loads((tmp_path / "set-fixed" / name).read_text("utf-8"))
        assert [image["id"] for image in document["images"]] == [7, 9, 10]
        assert [one["id"] for one in document["annotations"]] == [2, 3]


def test_a_copy_in_yolo_goes_with_its_labels_and_lines(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(
        root,
        {
            "data.yaml": "names: [RBC]\ntrain: train.txt\nval: val.txt\n",
            "train.txt": "./images/a.png\r\n./images/b.png\r\n\n./images/c.png",
            "val.txt": "images/d.png\nimages/e.png",
            "labels/a.txt": "0 .5 .5 .20 .2\n",
            "labels/b.txt": "0 .5 .5 .2 .2\n",
            "labels/c.txt": "0 .5 .5 .1 .1\n",
            "labels/d.txt": "",
        },
    )
    for name, seed in (("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 2)):
        picture(root / f"images/{name}.png", seed)
    before = files_of(root)
    done, after, record = fix(checkdam, root, "duplicate-image", "--unsafe-fixes")
    gone = {"images/b.png", "labels/b.txt", "images/d.png", "labels/d.txt", "images/e.png"}
    assert after == {name: data for name, data in before.items() if name not in gone} | {
        "train.txt": b"./images/a.png\r\n\n./images/c.png",
        "val.txt": b"",
    }
    assert {edit["place"] for edit in record["edits"]} == gone | {"train.txt:2", "val.txt:1", "val.txt:2"}
    assert "-0 .5 .5 .2 .2" in done.out.splitlines()
    assert "error" not in done.err


def test_labels_that_two_pictures_share_stay_with_the_one_that_stays(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(root, {"data.yaml": "names: [RBC]\n", "labels/a.txt": "0 .5 .5 .2 .2\n"})
    picture(root / "images/a.bmp", 1)
    picture(root / "images/a.png", 1)
    before = files_of(root)
    _, after, _ = fix(checkdam, root, "duplicate-image", "--unsafe-fixes")
    assert after == {name: data for name, data in before.items() if name != "images/a.png"}


def test_a_copy_in_voc_goes_with_its_file_and_lines(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    boxes = [(4, 4, 20, 20)]
    write(
        root,
        {
            **{f"VOC/Annotations/{name}.xml": voc_xml(f"{name}.png", boxes) for name in ("a", "b", "b c")},
            "VOC/ImageSets/Main/train.txt": "a\nb\nb c\n",
            "VOC/ImageSets/Main/RBC_train.txt": "a  1\r\nb -1\r\nb c 0\r\n",
            "VOC/ImageSets/Layout/train.txt": "b 2\na 1\nb 1",
            "VOC/ImageSets/Main/val.txt": "bare\n",
            "notes.txt": "b\n",
        },
    )
    for name, seed in (("a", 1), ("b", 1), ("b c", 2), ("bare", 3)):
        picture(root / f"VOC/JPEGImages/{name}.png", seed)
    before = files_of(root)
    done, after, _ = fix(checkdam, root, "duplicate-image", "--unsafe-fixes")
    gone = {"VOC/JPEGImages/b.png", "VOC/Annotations/b.xml"}
    assert after == {name: data for name, data in before.items() if name not in gone} | {
        "VOC/ImageSets/Main/train.txt": b"a\nb c\n",
        "VOC/ImageSets/Main/RBC_train.txt": b"a  1\r\nb c 0\r\n",
        "VOC/ImageSets/Layout/train.txt": b"a 1\n",
    }
    assert "+++ /dev/null" in done.out.splitlines()
    assert "Binary files a/VOC/JPEGImages/b.png and /dev/null differ" in done.out.splitlines()


def test_a_copy_without_an_xml_file_leaves_its_namesake_alone(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(
        root,
        {"Annotations/a.xml": voc_xml("a.bmp", [(4, 4, 20, 20)]), "ImageSets/Main/train.txt": "a\n"},
    )
    picture(root / "JPEGImages/a.bmp", 1)
    picture(root / "JPEGImages/a.png", 1)
    before = files_of(root)
    _, after, _ = fix(checkdam, root, "duplicate-image", "--unsafe-fixes")
    assert after == {name: data for name, data in before.items() if name != "JPEGImages/a.png"}


def test_a_text_goes_with_its_line(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    write(root, {"d.jsonl": '{"text": "one"}\n{"text":  "two"}\n\n{"text": "one", "label": "x"}'})
    _, after, record = fix(checkdam, root, "duplicate-text", "--unsafe-fixes")
    assert after == {"d.jsonl": b'{"text": "one"}\n{"text":  "two"}\n\n'}
    assert [edit["place"] for edit in record["edits"]] == ["d.jsonl:4"]


def test_what_a_file_does_not_take_is_said_and_the_rest_is_fixed(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    xml = voc_xml("a.png", [(4, 4, 20, 20)], (48, 64))
    write(root, {"a.xml": xml, "d.xml": xml.replace("a.png", "d.png").replace("<width>", '<width unit="px">')})
    for name in "bc":
        (root / f"{name}.xml").write_bytes(xml.replace("a.png", f"{name}.png").encode("utf-16"))
    for seed, name in enumerate("abcd"):
        picture(root / f"{name}.png", seed + 1)
    done = checkdam("lint", "set", "--fix", "--select", "size-mismatch")
    assert done.status == 1
    assert sorted(re.findall(r"^not fixed: (\S+): size-mismatch: ", done.err, re.MULTILINE)) == ["b.xml", "c.xml"]
    assert "fixed 2 findings in 2 files;" in done.err
    assert done.out.splitlines()[-1].startswith("Found 2 errors.")
    shutil.rmtree(tmp_path / "set-fixed")
    (root / "a.xml").unlink()
    (root / "d.xml").unlink()
    done = checkdam("lint", "set", "--fix", "--select", "size-mismatch")
    assert "nothing to fix safely" in done.err
    assert done.err.count("not fixed: ") == 2


def test_a_category_that_is_not_listed_keeps_its_number(checkdam: Run, tmp_path: Path) -> None:
    root = tmp_path / "set"
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 99, "bbox": [48.0, 40.0, 32.0, 8.0]}],
        "categories": [{"id": 1, "name": "RBC"}],
    }
    write(root, {"x.json": json.dumps(document)})
    picture(root / "a.png", 1)
    _, after, _ = fix(checkdam, root, "out-of-frame", "--unsafe-fixes")
    (row,) = json.loads(after["x.json"])["annotations"]
    assert (row["category_id"], row["bbox"]) == (99, [48.0, 40.0, 16.0, 8.0])
