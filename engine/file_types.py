"""What a file is, found by looking at it: the few types we keep, and nothing else. Reads the content, trusts neither name nor header.

SVG and HTML can carry scripts and are refused with everything else that is not on the list.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import BinaryIO

JPEG, PNG, WEBP, GIF, PDF = "image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: what a photo may be
IMAGES = frozenset({JPEG, PNG, WEBP, GIF})
#: for the `accept` of an upload field
EXTENSIONS = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", GIF: ".gif", PDF: ".pdf", DOCX: ".docx", XLSX: ".xlsx"}

_PNG_START = b"\x89PNG\r\n\x1a\n"
_MAX_ZIP_ENTRIES = 5_000
#: bytes a pixel at eight bits a channel, by PNG colour type
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def detect(stream: BinaryIO) -> str | None:
    """The media type, or None for a file that we do not keep. The stream must be seekable; it is left somewhere in it."""
    stream.seek(0)
    head = stream.read(16)
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(_PNG_START):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"%PDF-"):
        return PDF
    return _office(stream) if head.startswith(b"PK\x03\x04") else None


def _office(stream: BinaryIO) -> str | None:
    """A Word or Excel document without macros; None for any other archive."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return None
    if len(names) > _MAX_ZIP_ENTRIES or "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


class PngError(ValueError):
    """Bytes that are no PNG of the plain kind that a signature pad draws."""


def drawn_rows(png: bytes, *, max_width: int, max_height: int) -> int:
    """How many rows of pixels of a PNG have something drawn in them; 0 for an image of one colour.

    Raises PngError unless it is a well-formed, not interlaced image of eight bits a channel within the limits. Rows are looked at as
    they are filtered: in an image of one colour every filter leaves all pixels of a row but the first alike, so nothing need be undone.
    """
    width, channels, data = _pixels(png, max_width, max_height)
    row_bytes = 1 + width * channels
    drawn = 0
    for start in range(0, len(data), row_bytes):
        rest = data[start + 1 + channels : start + row_bytes]
        drawn += rest != rest[:channels] * (width - 1)
    return drawn


def _pixels(png: bytes, max_width: int, max_height: int) -> tuple[int, int, bytes]:
    if not png.startswith(_PNG_START) or png[12:16] != b"IHDR":
        raise PngError("no PNG")
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if len(png) < 33 or not (0 < width <= max_width and 0 < height <= max_height):
        raise PngError("size")
    depth, colour, interlaced = png[24], png[25], png[28]
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise PngError("kind")
    expected = height * (1 + width * _CHANNELS[colour])
    packed, position, ended = b"", 8, False
    while position + 12 <= len(png) and not ended:
        length, kind = int.from_bytes(png[position : position + 4], "big"), png[position + 4 : position + 8]
        body = png[position + 8 : position + 8 + length]
        if zlib.crc32(kind + body) != int.from_bytes(png[position + 8 + length : position + 12 + length], "big"):
            raise PngError("checksum")
        if kind == b"IDAT":
            packed += body
        ended = kind == b"IEND"
        position += 12 + length
    try:
        # never more than one byte beyond what the header promises: a small file cannot fill the memory
        data = zlib.decompressobj().decompress(packed, expected + 1)
    except zlib.error as error:
        raise PngError("data") from error
    if not ended or len(data) != expected:
        raise PngError("length")
    return width, _CHANNELS[colour], data
