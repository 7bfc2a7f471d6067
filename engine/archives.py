"""Packed files that people send: unpacked in memory within limits, under names that stay inside. Writes nothing."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from engine.errors import InvalidError

#: files of one archive, and bytes of all of them as they are unpacked: what its own list of contents says is not believed
MOST_FILES, MOST_BYTES = 500, 40 * 2**20
_SIGNATURE = b"PK\x03\x04"


class ArchiveRefusedError(InvalidError):
    """Expected a plain packed folder of moderate size."""

    code = "archive_refused"


def is_archive(raw: bytes) -> bool:
    """Whether it is a packed file, whatever it is called."""
    return raw.startswith(_SIGNATURE)


def unpack(raw: bytes) -> dict[str, bytes]:
    """Path → body in the archive's order, without folders, hidden files and what a Mac adds. ArchiveRefusedError says what is wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            wanted = [info for info in packed.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
            if len(wanted) > MOST_FILES:
                raise ArchiveRefusedError(reason="壓縮檔裡的檔案太多。")
            found: dict[str, bytes] = {}
            left = MOST_BYTES
            for info in wanted:
                _require_plain(info, found)
                with packed.open(info) as stream:
                    body = stream.read(left + 1)
                left -= len(body)
                if left < 0:
                    raise ArchiveRefusedError(reason="壓縮檔太大。")
                found[info.filename] = body
            return found
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise ArchiveRefusedError(reason="這不是可以讀取的壓縮檔。") from error


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or any(part.startswith(".") and part != ".." for part in PurePosixPath(name).parts)


def _require_plain(info: zipfile.ZipInfo, found: dict[str, bytes]) -> None:
    name = info.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name.isprintable() or len(name) > 240:
        raise ArchiveRefusedError(reason="壓縮檔裡有不能使用的檔名。")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveRefusedError(reason="壓縮檔裡有連結，不是檔案。")
    if name in found:
        raise ArchiveRefusedError(reason="壓縮檔裡有兩個同名的檔案。")
