"""Loads Lance, quietly. Import `lance` from here only: it reads its log level once, when it is loaded."""

import os

# Lance warns of every new table that no table was there before. What concerns us comes as an exception.
os.environ.setdefault("LANCE_LOG", "error")

import lance
from lance.commit import CommitConflictError
from lance.fragment import FragmentMetadata, write_fragments

__all__ = ["CommitConflictError", "FragmentMetadata", "lance", "write_fragments"]
