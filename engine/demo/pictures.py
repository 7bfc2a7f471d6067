"""Draws what an example needs and nobody took: a stroke for a signature, a plain picture for a photo. PNG, nothing else."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

_Pixel = Callable[[int, int], int]


def signature(signer: str) -> bytes:
    """Waves that differ from signer to signer, black on white."""
    seed = zlib.crc32(signer.encode())
    phases = [(seed >> shift & 0xFF) / 40 for shift in (0, 8, 16)]
    width, height = 320, 120

    def heights(x: int) -> float:
        t = x / 22
        swing = math.sin(t + phases[0]) * 26 + math.sin(2.3 * t + phases[1]) * 16 + math.sin(0.6 * t + phases[2]) * 10
        return height / 2 + swing * (1 - abs(x - width / 2) / width)

    curve = [heights(x) for x in range(width)]
    return _png(width, height, lambda x, y: 0x18 if 30 < x < width - 30 and abs(curve[x] - y) < 2.2 else 0xFF)


def photo(name: str) -> bytes:
    """A grey shade that runs from corner to corner."""
    shade = zlib.crc32(name.encode()) % 90
    return _png(480, 320, lambda x, y: min(255, 60 + shade + (x + y) // 8))


def _png(width: int, height: int, pixel: _Pixel) -> bytes:
    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(width)) for y in range(height))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
