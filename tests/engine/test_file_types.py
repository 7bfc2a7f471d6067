"""Types of files are found by content, and only a few are kept."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import file_types
from engine.file_types import PngError, detect, drawn_rows
from tests.engine.pictures import office, png


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0rest", file_types.JPEG),
        (png(), file_types.PNG),
        (b"GIF89a...", file_types.GIF),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", file_types.WEBP),
        (b"%PDF-1.7\n", file_types.PDF),
        (office("word/document.xml"), file_types.DOCX),
        (office("xl/workbook.xml"), file_types.XLSX),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"MZ\x90", None),
        (b"#!/bin/sh", None),
        (b"", None),
        (b"PK\x03\x04broken", None),
        (office("word/document.xml", "word/vbaProject.bin"), None),
        (office("x.txt"), None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
    ],
)
def test_the_type_is_found_by_looking_at_the_content(content: bytes, media_type: str | None) -> None:
    assert detect(BytesIO(content)) == media_type


def test_an_archive_with_too_many_entries_is_no_document() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *(f"{number}" for number in range(5_001))):
            archive.writestr(name, b"")
    assert detect(packed) is None


@given(st.binary(max_size=200))
def test_any_bytes_have_a_type_or_none(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"):
        detect(BytesIO(start + content))


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
@pytest.mark.parametrize("filtering", [0, 1, 2])
def test_an_image_of_one_colour_has_nothing_drawn(colour: int, filtering: int) -> None:
    assert drawn_rows(png(40, 20, colour=colour, filtering=filtering, strokes=0), max_width=100, max_height=100) == 0


def test_every_row_with_a_stroke_counts() -> None:
    assert drawn_rows(png(40, 20, strokes=7), max_width=100, max_height=100) == 7


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        png()[:40],
        png()[:-8],
        png(200, 20),
        png(20, 200),
        png().replace(b"IHDR", b"IHDX"),
        png(depth=16),
        png(interlaced=1),
        png(colour=3)[:20],
        png(extra=b"\x00" * 500),
    ],
)
def test_a_broken_or_odd_image_is_refused(content: bytes) -> None:
    with pytest.raises(PngError):
        drawn_rows(content, max_width=100, max_height=100)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_without_unpacking_it() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    with pytest.raises(PngError):
        drawn_rows(png(packed=bomb), max_width=100, max_height=100)


@given(st.binary(max_size=300), st.integers(0, 80))
def test_damage_is_refused_or_harmless(noise: bytes, at: int) -> None:
    whole = png()
    with suppress(PngError):
        drawn_rows(whole[:at] + noise + whole[at + len(noise) :], max_width=100, max_height=100)
