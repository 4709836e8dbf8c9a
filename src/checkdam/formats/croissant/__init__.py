"""MLCommons Croissant: a table in Parquet and the media, described by `croissant.json`. See docs/formats.md."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from checkdam.formats.base import Detection, LossReport, MediaSource, Record
from checkdam.formats.output import new_folder, write_text
from checkdam.formats.parquet import Parquet
from checkdam.guard.files import read_text
from checkdam.guard.limits import DEFAULT_LIMITS
from checkdam.schema import InputError, Taxonomy

FILE = "croissant.json"


class Croissant(Parquet):
    """The format. `root` is a folder with a `croissant.json` and tables in Parquet, which are what is read."""

    name = "croissant"
    title = "Croissant"

    def detect(self, root: Path) -> Detection | None:
        with suppress(InputError, ValueError, RecursionError):
            about = json.loads(read_text(root / FILE, DEFAULT_LIMITS.document_bytes))
            if isinstance(about, dict) and "mlcommons.org/croissant" in str(about.get("conformsTo")):
                table = super().detect(root)
                return table and Detection(self.name, 0.95, f"{FILE} and {table.reason}")
        return None

    def write(
        self, target: Path, taxonomy: Taxonomy, records: Iterable[Record], media: MediaSource | None
    ) -> LossReport:
        from checkdam.formats.croissant.metadata import description
        from checkdam.formats.parquet.writer import write_tables

        report = LossReport()
        with new_folder(target) as folder:
            written = write_tables(folder, taxonomy, records, media, report, one_table=True)
            about = description(folder, taxonomy, written)
            write_text(folder, FILE, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
        return report


FORMAT = Croissant()
