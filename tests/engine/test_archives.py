"""Packed files that somebody sends: read within limits, and never outside of them."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from engine import archives
from engine.archives import ArchiveRefusedError


def packed(*entries: tuple[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    """An archive of files, and of links to somewhere."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(zipfile.ZipInfo(name), body)
        for name in links:
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
    return raw.getvalue()


def test_a_folder_is_read_without_what_is_hidden() -> None:
    raw = packed(("a/x.bpmn", b"1"), ("a/", b""), ("__MACOSX/a/x.bpmn", b"2"), ("a/.DS_Store", b"3"), ("b.json", b"4"))
    assert archives.unpack(raw) == {"a/x.bpmn": b"1", "b.json": b"4"}


@pytest.mark.parametrize("raw", [
    b"PK\x03\x04 and nothing behind it", packed(("../x.bpmn", b"")), packed(("/etc/x", b"")), packed(("a\\..\\x", b"")),
    packed(("C:x", b"")), packed(("x\x07", b"")), packed(links=("x.bpmn",)), packed(*((f"{number}.json", b"") for number in range(501))),
    packed(("zeros.xml", bytes(archives.MOST_BYTES + 1))), packed(("x.bpmn", b"whole"))[:-30],
])  # fmt: skip
def test_what_leads_outside_or_is_too_much_is_refused(raw: bytes) -> None:
    """Also a few kilobytes that become too many."""
    with pytest.raises(ArchiveRefusedError):
        archives.unpack(raw)
