"""Where an image ends in its file, by its format's own structure."""

import re

_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In the data of a scan: a marker that is no stuffed zero, no fill byte and no restart."""
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_MOST_PARTS = 100_000
_PNG = b"\x89PNG\r\n\x1a\n"


def end_of(data: bytes) -> int | None:
    """The offset behind the end marker of a JPEG (ITU T.81, EOI), PNG (IEND) or WebP (RIFF's size) file; -1 where it
    is missing, None for other formats, and where a file has more parts than anybody makes."""
    if data.startswith(b"\xff\xd8"):
        return _jpeg_end(data)
    if data.startswith(_PNG):
        return _png_end(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        size = int.from_bytes(data[4:8], "little")
        end = 8 + size + size % 2
        return end if end <= len(data) else 8 + size if 8 + size == len(data) else -1
    return None


def trailing_bytes(data: bytes, end: int | None) -> int | None:
    """How many bytes follow the end; -1 and None as `end_of` gives them."""
    return end if end is None or end < 0 else len(data) - end


def _jpeg_end(data: bytes) -> int | None:
    at = 2
    for _ in range(_MOST_PARTS):
        if at + 1 >= len(data):
            return -1
        if data[at] != 0xFF:
            return -1
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _END_OF_IMAGE:
            return at + 2
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without a segment
            at += 2
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _START_OF_SCAN:
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                return -1
            at = found.start()
    return None


def _png_end(data: bytes) -> int | None:
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return -1
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at if at <= len(data) else -1
    return None
