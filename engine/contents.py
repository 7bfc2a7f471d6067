"""Where the content of files lies, under names made from its digest: a folder, or a bucket of an S3-compatible store (`engine.s3`).

Knows no rows and no people. What is kept under a name never changes; a name is forgotten only when nobody has asked for it for an hour.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.errors import StoreUnavailableError
from engine.s3 import Bucket
from engine.settings import Settings

#: content kept within this time may belong to a row that is not committed yet
YOUNG = timedelta(hours=1)


class ContentStore(Protocol):
    """Bytes by name. Every method raises StoreUnavailableError when the folder or the other machine doesn't answer."""

    def incoming(self) -> Path:
        """A folder of this machine for files that are being received; `keep` moves or sends them on."""
        ...

    def keep(self, path: Path, name: str) -> None:
        """Take a complete file over. One of that name is there already: it counts as kept just now."""
        ...

    def open(self, name: str, size: int) -> BinaryIO:
        """Its content, which can be sought; the caller closes it. FileNotFoundError where there is none."""
        ...

    def forget(self, name: str) -> None:
        """Drop it, unless it is younger than `YOUNG`."""
        ...


def content_store(settings: Settings) -> ContentStore:
    """The one that the settings name."""
    if not settings.s3_bucket:
        return Folder(settings.files)
    bucket = Bucket(
        settings.s3_endpoint, settings.s3_bucket, region=settings.s3_region, access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key, prefix=settings.s3_prefix,
    )
    return RemoteContents(bucket, settings.files)


class Folder:
    """A folder of this machine, or one that all machines mount."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def incoming(self) -> Path:
        """On the file system where it will stay, so that keeping it is a rename."""
        return self._root / "incoming"

    def keep(self, path: Path, name: str) -> None:
        """Move it to its place, and write the folder too: a rename lasts through a power cut only then."""
        with _folder_errors():
            place = self._place(name)
            if place.exists():
                # says to a sweep that runs at the same time that somebody needs it
                os.utime(place)
                return
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            _sync(place.parent)

    def open(self, name: str, size: int) -> BinaryIO:
        """The file itself."""
        with _folder_errors():
            return self._place(name).open("rb")

    def forget(self, name: str) -> None:
        """Remove it. What can't be removed now stays for the next sweep."""
        place = self._place(name)
        with suppress(OSError):
            if _age(place) > YOUNG:
                place.unlink()

    def _place(self, name: str) -> Path:
        return self._root / name[:2] / name[2:4] / name


class RemoteContents:
    """A bucket; files are received in a folder of this machine first, where they are looked at."""

    def __init__(self, bucket: Bucket, scratch: Path) -> None:
        self._bucket = bucket
        self._scratch = scratch

    def incoming(self) -> Path:
        """Gone once it was sent."""
        return self._scratch / "incoming"

    def keep(self, path: Path, name: str) -> None:
        """Send it, even where it is known: a fresh time is what tells a sweep to leave it."""
        self._bucket.put(_key(name), path)

    def open(self, name: str, size: int) -> BinaryIO:
        """Fetched from where it is read, as it is read."""
        return self._bucket.open(_key(name), size)

    def forget(self, name: str) -> None:
        """Delete it."""
        with suppress(StoreUnavailableError, FileNotFoundError):
            if self._bucket.age(_key(name)) > YOUNG:
                self._bucket.delete(_key(name))


def _key(name: str) -> str:
    return f"{name[:2]}/{name[2:4]}/{name}"


@contextmanager
def _folder_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreUnavailableError(reason=str(error)) from error


def _sync(folder: Path) -> None:
    # Windows cannot open folders and needs none of it
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _age(path: Path) -> timedelta:
    probe = path.parent / f".{secrets.token_hex(8)}"
    probe.touch()
    try:
        # by the file system's own clock, which also stamped the file
        return timedelta(seconds=probe.stat().st_mtime - path.stat().st_mtime)
    finally:
        probe.unlink(missing_ok=True)
