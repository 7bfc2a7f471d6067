"""Draws what an example needs and nobody took: a stroke for a signature, a plain picture for a photo. PNG, nothing else."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import cache


@cache
def signature(signer: str) -> bytes:
    """Waves that differ from signer to signer, black on white."""
    seed = zlib.crc32(signer.encode())
    phases = [(seed >> shift & 0xFF) / 40 for shift in (0, 8, 16)]
    width, height = 320, 120

    def heights(x: int) -> float:
        t = x / 22
        swing = math.sin(t + phases[0]) * 26 + math.sin(2.3 * t + phases[1]) * 16 + math.sin(0.6 * t + phases[2]) * 10
        return height / 2 + swing * (1 - abs(x - width / 2) / width)

    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    for x in range(30, width - 30):
        middle = round(heights(x))
        for y in range(max(0, middle - 2), min(height, middle + 3)):
            rows[y][x] = 0x18
    return _png(width, rows)


@cache
def photo(name: str) -> bytes:
    """A grey shade that runs from corner to corner."""
    shade = zlib.crc32(name.encode()) % 90
    shades = bytes(min(255, 60 + shade + place // 8) for place in range(480 + 320))
    return _png(480, [shades[y:y + 480] for y in range(320)])


def _png(width: int, rows: Sequence[bytes | bytearray]) -> bytes:
    header = width.to_bytes(4, "big") + len(rows).to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
