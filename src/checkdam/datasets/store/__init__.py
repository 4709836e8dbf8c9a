"""What the datasets service keeps, and where: the only place in it that knows of `checkdam.storage`."""

from sqlalchemy import Connection

from checkdam.datasets.store.catalogue import Catalogue, InTransaction, taxonomy_id
from checkdam.datasets.store.decisions import DecisionStore, Tally
from checkdam.datasets.store.facts import FactFile
from checkdam.datasets.store.findings import FindingRow, FindingStore
from checkdam.datasets.store.items import Face, ItemQueries, PageRows
from checkdam.datasets.store.open_findings import OpenFindings
from checkdam.datasets.store.rows import annotation_of, frame_table, lake_ref, storable, unstorable
from checkdam.storage.blobs import Blobs
from checkdam.storage.lake import Changes, Lake, LakeDiff, LakeRef, StagedPart
from checkdam.storage.sql import transaction

__all__ = [
    "Blobs",
    "Catalogue",
    "Changes",
    "Connection",
    "DecisionStore",
    "Face",
    "FactFile",
    "FindingRow",
    "FindingStore",
    "InTransaction",
    "ItemQueries",
    "Lake",
    "LakeDiff",
    "LakeRef",
    "OpenFindings",
    "PageRows",
    "StagedPart",
    "Tally",
    "annotation_of",
    "frame_table",
    "lake_ref",
    "storable",
    "taxonomy_id",
    "transaction",
    "unstorable",
]
