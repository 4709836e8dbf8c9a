"""Reads structs in Thrift's compact protocol just as Parquet's library does, and keeps only what is asked for.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. Where two readers of a file differ,
what one has checked the other has not: so a field counts only if its type is the one expected, of a field given twice
the last counts, a struct given twice is one, numbers wrap at 32 bits and numbers of fields at 16.
"""

from typing import Any

from checkdam.schema import InputError

I32, I64, LIST, STRUCT = 5, 6, 9, 12
_BOOLEANS, _BYTE, _VARINTS, _DOUBLE, _BINARY, _LISTS, _MAP = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 11
_DEPTH = 16

Spec = dict[tuple[int, int], Any]
"""By number and type of a field what is kept of it: a number for None, of a struct another `Spec`, of a list of structs
a list that holds their `Spec`."""

Struct = dict[int, Any]


class CutError(Exception):
    """The bytes end within a struct."""


class Compact:
    """A position in some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, spec: Spec, depth: int = 0, found: Struct | None = None) -> Struct:
        """The fields of the struct that begins here. `CutError`, or `InputError` for what is none."""
        if depth > _DEPTH:
            raise _damaged()
        found = {} if found is None else found
        field = 0
        while (head := self._byte()) & 15:
            field = field + (head >> 4) if head >> 4 else self._number(16)
            kind = head & 15
            if (field, kind) in spec:
                self._keep(spec[field, kind], field, kind, found, depth)
            else:
                self._pass(kind, depth)
        return found

    def _keep(self, wanted: Any, field: int, kind: int, found: Struct, depth: int) -> None:
        if kind == LIST:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            self._fits(count)
            found[field] = [self.struct(wanted[0], depth + 1) for _ in range(count)]
        elif kind == STRUCT:
            found[field] = self.struct(wanted, depth + 1, found.get(field))
        else:
            found[field] = self._number(32 if kind == I32 else 64)

    def _pass(self, kind: int, depth: int) -> None:
        if depth > _DEPTH:
            raise _damaged()
        if kind in _VARINTS:
            self._varint()
        elif kind == STRUCT:
            self.struct({}, depth + 1)
        elif kind == _BYTE:
            self._skip(1)
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _BINARY:
            self._skip(self._varint())
        elif kind in _LISTS:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            self._pass_elements(count, (head & 15,), depth)
        elif kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            self._pass_elements(count, (kinds >> 4, kinds & 15), depth)
        elif kind not in _BOOLEANS:
            raise _damaged()

    def _pass_elements(self, count: int, kinds: tuple[int, ...], depth: int) -> None:
        self._fits(count)
        for _ in range(count):
            for kind in kinds:
                if kind in _BOOLEANS:
                    self._skip(1)  # in a list, unlike in a struct, a truth value has a byte
                else:
                    self._pass(kind, depth + 1)

    def _fits(self, count: int) -> None:
        if count > len(self._data) - self.at:
            raise CutError

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise CutError
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise CutError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise _damaged()

    def _number(self, bits: int) -> int:
        value = self._varint() & ((1 << max(bits, 32)) - 1)
        value = value >> 1 ^ -(value & 1)
        half = 1 << (bits - 1)
        return (value + half) % (1 << bits) - half


def _damaged() -> InputError:
    return InputError("has damaged pages or a damaged footer", "write the file anew")
