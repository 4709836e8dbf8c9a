"""Defences against input from outside: where a path may lead, how much is read, which images are decoded."""

from checkdam.guard.limits import DEFAULT_LIMITS, InputLimits
from checkdam.guard.paths import contained, relative_name, safe_name

__all__ = ["DEFAULT_LIMITS", "InputLimits", "contained", "relative_name", "safe_name"]
