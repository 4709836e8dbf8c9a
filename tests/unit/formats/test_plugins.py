"""A format of somebody else's package: found, listed and used like those of ours; a broken one is told plainly."""

from pathlib import Path

import pytest

from unit import plugins

FORMAT = '''
"""Boxes in files that end in .boxes: image, label, x, y, width and height, separated by spaces."""

from checkdam.formats import Detection, Entry, LossReport
from checkdam.schema import Annotation, Box, InputError, Item, Label, Origin, Taxonomy
from checkdam.schema import annotation_id, item_id, ordinal_key


class Boxes:
    name = "boxes"
    title = "lines of boxes"
    kinds = ("image",)

    def detect(self, root):
        found = sorted(root.glob("*.boxes")) if root.is_dir() else []
        return Detection(self.name, 0.9, found[0].name) if found else None

    def near_misses(self, root, problems):
        pass

    def read(self, root, problems, limits):
        yield Taxonomy(labels=(Label(name="cat"),))
        for path in sorted(root.glob("*.boxes")):
            for at, line in enumerate(path.read_text().splitlines(), 1):
                name, label, *numbers = line.split()
                yield Entry(Item(id=item_id(name), kind="image", name=name, origin=Origin(path.name, at)))
                yield Annotation(
                    id=annotation_id(item_id(name), ordinal_key(0)),
                    item_id=item_id(name),
                    label=label,
                    geometry=Box(*map(float, numbers)),
                    origin=Origin(path.name, at),
                )

    def count(self, root):
        return None

    def write(self, target, taxonomy, records, media):
        target.mkdir()
        report = LossReport()
        with (target / "all.boxes").open("w") as out:
            for item, annotations in records:
                for each in annotations:
                    box = each.geometry
                    out.write(f"{item.name} {each.label} {box.x} {box.y} {box.width} {box.height}\\n")
                report.wrote(len(annotations))
        return report

    def places(self, root, items):
        return {item.id: [item.origin] for item in items}

    def patch(self, file, edits):
        raise InputError("boxes are not changed in place", "change them by hand")


FORMAT = Boxes()
'''


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.boxes").write_text("1.jpg cat 1 2 3 0\n2.jpg dog 1 2 3 4\n")
    return folder


def test_a_format_of_another_package(tmp_path: Path, dataset: Path) -> None:
    home = plugins.install(tmp_path / "site", "checkdam.formats", {"their_package/things/boxes.py": FORMAT})
    (home / "their_package/things/__init__.py").write_text("")
    status, told = plugins.checkdam(home, "lint", str(dataset), "--select", "zero-area")
    assert status == 1
    assert "a.boxes:1" in told
    status, told = plugins.checkdam(home, "lint", str(dataset), "--input-format", "nonsense")
    assert status == 2
    assert "boxes, coco" in told
    status, told = plugins.checkdam(home, "lint", str(tmp_path / "site"))
    assert "lines of boxes" in told, "what was looked for names it, too"


BROKEN = {
    "does not import": ("import no_such_module_at_all\n", "no_such_module_at_all"),
    "is no Python": ("def (:\n", "SyntaxError"),
    "exits": ("raise RuntimeError('not today')\n", "not today"),
    "is half a format": ("class Half:\n    name = 'half'\nFORMAT = Half()\n", "lacks title, kinds, detect"),
    "has a name that is taken": (FORMAT.replace('name = "boxes"', 'name = "coco"'), "two formats are named 'coco'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_told_without_a_traceback(tmp_path: Path, dataset: Path, case: str) -> None:
    content, what = BROKEN[case]
    home = plugins.install(tmp_path / "site", "checkdam.formats", {"their_package/things.py": content})
    status, told = plugins.checkdam(home, "lint", str(dataset))
    assert status == 2
    assert what in told
    assert "uninstall" in told
    assert "Traceback" not in told
