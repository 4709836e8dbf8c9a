"""What a file is, told by its first bytes alone. Never by its name, which strangers choose."""

HEAD_BYTES = 64

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
MEDIA_TYPES = tuple(sorted({kind for _, kind in _STARTS} | {*_RIFF.values(), "audio/mp4"}))
"""Everything that `media_type` can say."""

_BITMAP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})


def media_type(head: bytes) -> str | None:
    """The type of an image or audio file by its first `HEAD_BYTES` bytes; None for everything else: HTML, SVG and PDF
    too, whatever they are called."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] in {b"M4A", b"M4B"} else None
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") not in _BITMAP_HEADERS:
        return None
    if len(head) > 1 and head[0] == 0xFF and head[1] in {0xFB, 0xF3, 0xF2, 0xFA}:
        return "audio/mpeg"
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)
