"""Which identifiers have been met, in little memory: a bit for each of a range of whole numbers."""

from hashlib import blake2b

from checkdam.formats.values import written_identifier

_PAGE = 512


class Seen:
    """A set of identifiers that only grows. Dense numbers cost a bit each; texts go by a 64-bit hash."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def add(self, identifier: str) -> bool:
        """Adds an identifier; whether it is new."""
        value = written_identifier(identifier)
        if isinstance(value, str):
            value = int.from_bytes(blake2b(value.encode(), digest_size=8).digest()) + 2**64
        page, bit = divmod(value, _PAGE)
        bits = self._pages.get(page, 0)
        if bits >> bit & 1:
            return False
        self._pages[page] = bits | 1 << bit
        return True
