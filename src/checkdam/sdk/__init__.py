"""For programs that use what was curated: `checkdam.load` streams a dataset version to training code."""

from checkdam.sdk.example import Example
from checkdam.sdk.loader import Loader, SliceLike, load

__all__ = ["Example", "Loader", "SliceLike", "load"]
