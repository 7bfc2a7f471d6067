"""Small files for tests: pictures and documents, made here so that none is kept in the repository."""

from __future__ import annotations

import base64
import zipfile
import zlib
from io import BytesIO

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png(
    width: int = 40,
    height: int = 20,
    *,
    colour: int = 6,
    depth: int = 8,
    filtering: int = 0,
    interlaced: int = 0,
    strokes: int = 12,
    packed: bytes | None = None,
    extra: bytes = b"",
) -> bytes:
    """A PNG of one colour with a vertical stroke through its first `strokes` rows."""
    channels = _CHANNELS[colour]
    data = b""
    before = bytes(width * channels)
    for number in range(height):
        row = bytearray(b"\xff" * width * channels)
        if number < strokes:
            row[width // 2 * channels : (width // 2 + 1) * channels] = bytes(channels)
        data += bytes([filtering]) + _filtered(bytes(row), before, channels, filtering)
        before = bytes(row)
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, colour, 0, 0, interlaced])
    body = zlib.compress(data + extra) if packed is None else packed
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def signature_url(**options: int) -> str:
    """What a signature pad posts."""
    return "data:image/png;base64," + base64.b64encode(png(**options)).decode()  # type: ignore[arg-type]


def office(*names: str) -> bytes:
    """An Office document with these parts."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, b"<x/>")
    return packed.getvalue()


def _filtered(row: bytes, before: bytes, channels: int, filtering: int) -> bytes:
    if filtering == 1:
        left = bytes(channels) + row[:-channels]
        return bytes((value - other) % 256 for value, other in zip(row, left, strict=True))
    if filtering == 2:
        return bytes((value - other) % 256 for value, other in zip(row, before, strict=True))
    return row


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
