"""What the command line asks of a lint run."""

from pathlib import Path

from msgspec import Struct

from checkdam.schema import Severity


class Request(Struct, frozen=True, kw_only=True):
    """The options of `checkdam lint`. `select` and `ignore` are rules or patterns; `fail_on` is the lowest severity
    that makes the exit status 1."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity | None = None
    format: str = "text"
    output_file: Path | None = None
    config: Path | None = None
    input_format: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    output: Path | None = None
    statistics: bool = False
    baseline: Path | None = None
    update_baseline: bool = False
    fail_on: Severity = "warning"
    exit_zero: bool = False
