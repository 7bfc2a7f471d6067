"""Uploading files that forms then refer to, and getting them back."""

from __future__ import annotations

from tests.webui.api.caller import CallAs

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")


def test_an_uploaded_file_gets_an_id(call_as: CallAs) -> None:
    """Its type is found in its content; it can be read back by who sent it."""
    caller = call_as("repair_worker")
    answer = caller.upload("/files", [("file", "before.png", PNG)], kind="photo")
    assert answer.status_code == 201, answer.get_json()
    stored = answer.get_json()
    assert (stored["name"], stored["media_type"], stored["size"], stored["kind"]) == ("before.png", "image/png", len(PNG), "photo")
    read = caller.get(f"/files/{stored['id']}")
    assert (read.status_code, read.mimetype, read.get_data()) == (200, "image/png", PNG)


def test_a_file_that_is_no_ones_case_yet_is_its_senders(call_as: CallAs) -> None:
    """Others don't find it."""
    stored = call_as("repair_worker").upload("/files", [("file", "before.png", PNG)]).get_json()
    assert call_as("repair_worker").get(f"/files/{stored['id']}").status_code == 404


def test_an_upload_without_a_file_or_of_an_unknown_kind_is_refused(call_as: CallAs) -> None:
    """422 naming the field."""
    caller = call_as("repair_worker")
    assert caller.upload("/files", []).get_json()["errors"][0]["field"] == "file"
    answer = caller.upload("/files", [("file", "a.txt", b"hello")], kind="poem")
    assert answer.get_json()["errors"][0]["field"] == "kind"
    assert caller.post("/files", {"file": "x"}).status_code == 415


def test_an_oversize_upload_is_refused(call_as: CallAs) -> None:
    """413."""
    answer = call_as("repair_worker").upload("/files", [("file", "big.bin", b"x" * (21 * 2**20))])
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
