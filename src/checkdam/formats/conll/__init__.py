"""CoNLL: a token and its tags on each line, sentences parted by blank lines. See docs/formats.md."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from checkdam.formats.base import Detection, Event, LossReport, MediaSource, PatchEdit, Record
from checkdam.formats.conll.lines import sentences, sniffed
from checkdam.formats.conll.patch import patched
from checkdam.formats.conll.reader import SCHEME_KEY, SIDE_SUFFIX, Reader
from checkdam.formats.conll.writer import Writer
from checkdam.formats.lines import estimated_lines
from checkdam.formats.output import new_folder, report_item
from checkdam.formats.taxonomies import read_taxonomy, write_taxonomy
from checkdam.formats.tree import DETECT_FILES, Tree
from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.schema import InputError, Item, ItemKind, Origin, Problems, Taxonomy

_SURE = frozenset({".conll", ".conll03", ".conll2003", ".bio", ".iob", ".iob1", ".iob2", ".bioes", ".bilou"})
_MAYBE = frozenset(
    {"", ".txt", ".tsv", ".ner", ".tags", ".train", ".testa", ".testb", ".test", ".dev", ".valid", ".data"}
)
_SAMPLE_FILES = 50
_HELD = frozenset({"text", "split", "source_id", "metadata"})
_TOKENS_A_SENTENCE = 20


class Conll:
    """The format. `root` is a folder, or one file of any ending."""

    name = "conll"
    title = "CoNLL"
    kinds: tuple[ItemKind, ...] = ("text",)

    def detect(self, root: Path) -> Detection | None:
        with suppress(InputError):
            for name in _candidates(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)[:_SAMPLE_FILES]:
                if sniffed(_base(root) / name).tagged:
                    return Detection(self.name, 0.85, f"{name}: a token and a tag on each line")
        return None

    def near_misses(self, root: Path, problems: Problems) -> None:
        with suppress(InputError):
            names = _candidates(root, Tree(root, at_most=DETECT_FILES) if root.is_dir() else None)
            for name in names[:_SAMPLE_FILES]:
                if PurePosixPath(name).suffix.lower() in _SURE:
                    problems.add(name, "has no tags such as B-PER in its last column", "name the format outright")

    def read(self, root: Path, problems: Problems, limits: InputLimits = DEFAULT_LIMITS) -> Iterator[Event]:
        tree = Tree(root, limits) if root.is_dir() else None
        names = _files(root, tree)
        if not names:
            raise InputError(f"{root} holds no file of tagged tokens", "give a folder or file of CoNLL")
        if tree:
            tree.tell_refused(problems, _SURE)
        yield from Reader(_base(root), names, problems, limits).events()

    def count(self, root: Path) -> int | None:
        names = _files(root, Tree(root) if root.is_dir() else None)
        return sum(estimated_lines(_base(root) / name) for name in names) * 3 // _TOKENS_A_SENTENCE

    def write(
        self,
        target: Path,
        taxonomy: Taxonomy,
        records: Iterable[Record],
        media: MediaSource | None,  # noqa: ARG002 (a text has no media file)
    ) -> LossReport:
        report = LossReport()

        def told() -> Iterator[Record]:
            for item, annotations in records:
                if item.kind == "text":
                    report_item(item, report, _HELD)
                yield item, annotations

        with new_folder(target) as folder:
            write_taxonomy(folder, taxonomy, report)
            Writer(folder, taxonomy, report).write(told())
        return report

    def places(self, root: Path, items: Sequence[Item]) -> dict[str, list[Origin]]:
        """The lines of the sentence, and its row in the file beside, if there is one."""
        found = {item.id: [item.origin] for item in items if item.origin is not None}
        beside = {origins[0].file for origins in found.values()}
        for file in sorted(each for each in beside if (_base(root) / (each + SIDE_SUFFIX)).is_file()):
            path = _base(root) / file
            layout = sniffed(path).layout
            if layout is not None:
                ordinals = {each.line: each.nth for each in sentences(path, file, layout, Problems(), DEFAULT_LIMITS)}
                for origins in found.values():
                    if origins[0].file == file and origins[0].at in ordinals:
                        origins.append(Origin(file + SIDE_SUFFIX, ordinals[origins[0].at] + 1))
        return found

    def patch(self, file: Path, edits: Sequence[PatchEdit]) -> bytes:
        return patched(file, edits)


def _base(root: Path) -> Path:
    return root if root.is_dir() else root.parent


def _candidates(root: Path, tree: Tree | None) -> list[str]:
    """Files that may hold tagged tokens, the likeliest first."""
    if tree is None:
        return [root.name] if root.is_file() else []
    suffixes = {name: PurePosixPath(name).suffix.lower() for name in tree.names}
    return [name for kind in (_SURE, _MAYBE) for name, suffix in suffixes.items() if suffix in kind]


def _files(root: Path, tree: Tree | None) -> list[str]:
    """Those that hold them, in the order of their names, and those whose ending says so. In an export of ours, which
    names its scheme, a file without a single entity is one too."""
    names = sorted(_candidates(root, tree))
    if tree is None:
        return names
    given = read_taxonomy(root, Problems(), DEFAULT_LIMITS)
    ours = given is not None and SCHEME_KEY in given.metadata

    def holds(name: str) -> bool:
        if PurePosixPath(name).suffix.lower() in _SURE:
            return True
        about = sniffed(tree.path(name))
        return about.tagged or (ours and about.fits)

    return [name for name in names if holds(name)]


FORMAT = Conll()
