"""Lints a plain folder, and writes its fixed copy."""

from pathlib import Path

import msgspec

from checkdam.cli import console
from checkdam.cli.archive import Place, opened
from checkdam.cli.baseline import OldFindings
from checkdam.cli.difference import unified
from checkdam.cli.fix_plan import plan
from checkdam.cli.fixed_copy import lineage_record, write_copy
from checkdam.cli.folder import Folder, read_folder
from checkdam.cli.report import CLEAN, FOUND, UNREADABLE, status_of, write_report
from checkdam.cli.request import Request
from checkdam.lint import LintConfig, MemoryFacts, find_config, lint, load_config
from checkdam.lint.report import Report
from checkdam.schema import ConflictError, Finding


def lint_folder(root: Path, request: Request) -> int:
    """Lints the dataset at `root`, a folder or an archive, as asked, reports, and returns the exit status."""
    with opened(root, request.input_format) as place:
        return _lint(place, request)


def _lint(place: Place, request: Request) -> int:
    root = place.folder
    config = config_of(place.settings, request)
    target = _target(root, request) if request.fix else None
    known, old = MemoryFacts(), OldFindings.of(request, config)
    folder, findings = _look(root, request.input_format, config, known)
    if request.update_baseline:
        return _update(old, folder, findings)
    findings = old.new(findings, folder.frame, folder.media)
    if request.diff or target is not None:
        if not _fix(folder, findings, config, request, target):
            console.note("nothing to fix" + ("" if request.unsafe_fixes else " safely"))
        elif target is None:
            return UNREADABLE if folder.problems else CLEAN if request.exit_zero else FOUND
        else:
            folder, findings = _look(target, folder.format.name, config, known)
            findings = old.new(findings, folder.frame, folder.media)
        if request.diff:
            return UNREADABLE if folder.problems else CLEAN
    shown = place.shown if folder.root == root else folder.root
    prefix = (
        "" if str(shown) == "." else f"{shown.as_posix()}/" if folder.root.is_dir() else f"{shown.parent.as_posix()}/"
    )
    write_report(Report(findings, folder.frame, str(shown), prefix.removeprefix("./"), folder.media), request)
    old.tell()
    return status_of(findings, request, readable=not folder.problems)


def _update(old: OldFindings, folder: Folder, findings: list[Finding]) -> int:
    if folder.problems:
        console.note("the baseline is left as it is: what cannot be read would be missing from it")
        return UNREADABLE
    old.update(findings, folder.frame, folder.media)
    return CLEAN


def config_of(root: Path, request: Request) -> LintConfig:
    """The settings of the file named, or of the nearest one from `root` upwards, and the command line over them."""
    path = request.config or find_config(root.absolute())
    config = load_config(path) if path is not None else LintConfig()
    return config.overridden(select=request.select, ignore=request.ignore, severity=request.severity)


def _target(root: Path, request: Request) -> Path:
    """The folder of the fixed copy. Raises ConflictError where it exists, before any work is done."""
    target = request.output or Path(f"{root.resolve().name}-fixed")
    if target.exists():
        raise ConflictError(f"{target} exists already", "name another folder with --output, or remove it")
    return target


def _look(root: Path, format_name: str | None, config: LintConfig, known: MemoryFacts) -> tuple[Folder, list[Finding]]:
    with console.progress(f"linting {root}") as progress:
        folder = read_folder(root, format_name, progress)
        findings = lint(folder.frame, folder.media, config, progress, known)
    if folder.problems:
        places = console.counted(len(folder.problems), "place")
        console.note(f"error: {places} in {root} cannot be read; the rest is linted:")
        console.show_problems(folder.problems)
    return folder, findings


def _fix(folder: Folder, findings: list[Finding], config: LintConfig, request: Request, target: Path | None) -> bool:
    """Shows what the fixes change, writes the copy where there is a target, and tells whether there was a change."""
    planned = plan(findings, folder, unsafe=request.unsafe_fixes)
    # A report for programs has standard output for itself.
    say = console.out if request.format == "text" or request.output_file or target is None else console.note
    for one in planned.files:
        for line in unified(one.name, one.path.read_bytes(), one.after):
            say(line)
    for left in planned.left:
        console.note(f"not fixed: {left.finding.location}: {left.finding.rule}: {left.reason}")
    if not planned.files:
        return False
    done = f"{console.counted(len(planned.fixed), 'finding')} in {console.counted(len(planned.files), 'file')}"
    if target is None:
        console.note(f"would fix {done}")
        return True
    options = {name: msgspec.to_builtins(rule.options) for name, rule in config.rules.items()}
    for skipped in write_copy(folder.root, target, planned.files, lineage_record(folder.format, planned, options)):
        console.note(f"left out of the copy: {skipped}, a link that leads to no file in the folder")
    console.note(f"fixed {done}; the fixed copy is {target}, and {folder.root} is as it was")
    return True
