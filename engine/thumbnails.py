"""Small pictures of photos for lists, made once and kept beside the content. A picture that is too large to be unpacked has none."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from engine import files
from engine.files import DERIVED, StoredFile, open_content
from engine.runtime import Runtime

#: longest side, in pixels
SIDE = 320
#: a file of some kilobytes may unpack to gigabytes: what claims more pixels than a good camera makes is not unpacked
MOST_PIXELS = 64_000_000
(SUFFIX,) = DERIVED
MEDIA_TYPE = "image/webp"
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def thumbnail(runtime: Runtime, stored: StoredFile) -> BinaryIO | None:
    """The small picture of a file that the caller may see, without what the camera wrote into it; None where there can be none."""
    name = f"{stored.digest.hex()}{SUFFIX}"
    try:
        return runtime.contents.open(name, 0)
    except FileNotFoundError:
        with open_content(runtime, stored) as stream:
            made = shrink(stream)
    if made is None:
        return None
    files.keep_derived(runtime, made, name)
    return io.BytesIO(made)


def shrink(stream: BinaryIO) -> bytes | None:
    """A WebP of at most `SIDE` pixels a side, turned as the camera was held; None for what is no picture, or one too large."""
    try:
        with Image.open(stream, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            # a JPEG is unpacked at the next larger size that its format can give for nothing
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            image.thumbnail((SIDE * 2, SIDE * 2))
            small = ImageOps.exif_transpose(image).convert("RGB")
            small.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            small.save(out, "WEBP", quality=78)
            return out.getvalue()
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError, SyntaxError):
        return None
