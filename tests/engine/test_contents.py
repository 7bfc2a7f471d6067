"""Where content lies: a folder and an S3-compatible bucket behave alike. The bucket is a real HTTP server on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import files
from engine.contents import YOUNG, ContentStore, Folder, RemoteContents, content_store
from engine.errors import StoreUnavailableError
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.s3 import EMPTY, Bucket, Credentials, sign
from engine.settings import Settings
from engine.steps import run_step
from tests.builders import make_user
from tests.engine.s3_server import ACCESS, SECRET, Store, serving

NAME = "ab12" + "0" * 60


@pytest.fixture
def remote() -> Iterator[Store]:
    with serving() as store:
        yield store


def bucket(store: Store, secret: str = SECRET) -> Bucket:
    return Bucket(
        store.address, "papers", region="eu-central-1", access_key=ACCESS, secret_key=secret, prefix="a b/ü", wait=lambda seconds: None
    )


@pytest.fixture(params=["folder", "bucket"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    """Either."""
    if request.param == "folder":
        return Folder(tmp_path / "files")
    return RemoteContents(bucket(request.getfixturevalue("remote")), tmp_path / "scratch")


def keep(contents: ContentStore, body: bytes, name: str = NAME) -> None:
    contents.incoming().mkdir(parents=True, exist_ok=True)
    path = contents.incoming() / "part"
    path.write_bytes(body)
    contents.keep(path, name)


def test_what_is_kept_is_read_back_from_any_place(contents: ContentStore) -> None:
    body = bytes(range(256)) * 1_000
    keep(contents, body)
    with contents.open(NAME, len(body)) as stream:
        assert stream.read(4) == body[:4]
        stream.seek(200_000)
        assert stream.read(300) == body[200_000:200_300]
        stream.seek(-10, os.SEEK_END)
        assert stream.read() == body[-10:]


def test_what_is_not_there_is_said_to_be_missing(contents: ContentStore) -> None:
    with pytest.raises(FileNotFoundError):
        contents.open(NAME, 5)
    contents.forget(NAME)


def test_what_was_just_kept_is_not_forgotten(contents: ContentStore) -> None:
    keep(contents, b"again")
    contents.forget(NAME)
    with contents.open(NAME, 5) as stream:
        assert stream.read() == b"again"


def test_a_bucket_forgets_what_is_old(remote: Store, tmp_path: Path) -> None:
    contents = RemoteContents(bucket(remote), tmp_path)
    keep(contents, b"old")
    (place,) = remote.objects
    assert place == f"/papers/a%20b/%C3%BC/ab/12/{NAME}"
    remote.ages[place] = YOUNG.total_seconds() + 1
    contents.forget(NAME)
    assert remote.objects == {}


def test_a_range_is_fetched_alone(remote: Store, tmp_path: Path) -> None:
    contents = RemoteContents(bucket(remote), tmp_path)
    keep(contents, b"0123456789")
    with contents.open(NAME, 10) as stream:
        stream.seek(7)
        assert stream.read(2) == b"78"
    assert [asked for method, _, asked in remote.asked if method == "GET"] == ["bytes=7-"]


def test_an_answer_that_did_not_come_is_asked_for_again(remote: Store, tmp_path: Path) -> None:
    contents = RemoteContents(bucket(remote), tmp_path)
    remote.failures = [503, 500]
    keep(contents, b"x")
    assert list(remote.objects.values()) == [b"x"]
    remote.failures = [503] * 3
    with pytest.raises(StoreUnavailableError) as refused:
        contents.open(NAME, 1)
    assert "503" in refused.value.data["reason"]


def test_a_wrong_key_is_refused_at_once_and_a_dead_store_says_so(remote: Store, tmp_path: Path) -> None:
    contents = RemoteContents(bucket(remote, "wrong"), tmp_path)
    with pytest.raises(StoreUnavailableError) as refused:
        keep(contents, b"x")
    assert "403" in refused.value.data["reason"]
    assert len(remote.asked) == 1
    with serving() as gone:
        dead = RemoteContents(bucket(gone), tmp_path)
    with pytest.raises(StoreUnavailableError):
        dead.open(NAME, 1)


def test_a_signature_is_the_one_that_the_standards_own_example_gives() -> None:
    """The GET of Amazon's "Authenticating Requests" page, whose result is printed there."""
    headers = {
        "Host": "examplebucket.s3.amazonaws.com", "Range": "bytes=0-9", "x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z",
    }
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    authorization = sign(credentials, "GET", "/test.txt", headers, EMPTY, datetime(2013, 5, 24, tzinfo=UTC))
    assert authorization.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


@pytest.mark.databases("sqlite")
def test_files_lie_in_the_bucket_that_the_settings_name(runtime: Runtime, remote: Store, settings: Settings) -> None:
    from dataclasses import replace

    set_up = replace(settings, s3_bucket="papers", s3_endpoint=remote.address, s3_access_key=ACCESS, s3_secret_key=SECRET)
    runtime.contents = content_store(set_up)
    worker = make_user(runtime, "repair_worker")
    stored = run_step(runtime, lambda uow: files.store(runtime, uow, worker.actor, b"%PDF-1.7 x", "a.pdf", "attachment"))
    assert list(remote.objects.values()) == [b"%PDF-1.7 x"]
    assert [path for path in settings.files.rglob("*") if path.is_file()] == [], "nothing is left on this machine"
    with UnitOfWork(runtime.database) as uow:
        _, stream = files.open_file(runtime, uow, worker.actor, stored.id)
        with stream:
            assert stream.read() == b"%PDF-1.7 x"
