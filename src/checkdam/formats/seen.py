"""Which identifiers have been met, in little memory: a bit for each of a range of whole numbers."""

from hashlib import blake2b

from checkdam.formats.values import written_identifier

_PAGE_BITS = 9
_PAGE_MASK = (1 << _PAGE_BITS) - 1


class Seen:
    """A set of identifiers that only grows. Dense numbers cost a bit each; texts go by a 64-bit hash."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def add(self, identifier: str) -> bool:
        """Adds an identifier; whether it is new."""
        value = written_identifier(identifier)
        if isinstance(value, str):
            value = int.from_bytes(blake2b(value.encode(), digest_size=8).digest()) + 2**64
        return self.add_number(value)

    def add_number(self, value: int) -> bool:
        """Adds the identifier that is this whole number of 64 bits; whether it is new."""
        page, bit = value >> _PAGE_BITS, 1 << (value & _PAGE_MASK)
        bits = self._pages.get(page, 0)
        if bits & bit:
            return False
        self._pages[page] = bits | bit
        return True
