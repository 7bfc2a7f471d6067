"""Uploading files that forms then refer to, and getting them back."""

from __future__ import annotations

from tests.webui.api.caller import PNG, CallAs


def test_an_uploaded_file_gets_an_id(call_as: CallAs) -> None:
    """Its type is found in its content; it can be read back by who sent it."""
    caller = call_as("repair_worker")
    answer = caller.upload("/files", [("file", "before.png", PNG)], kind="photo")
    assert answer.status_code == 201, answer.get_json()
    stored = answer.get_json()
    assert (stored["name"], stored["media_type"], stored["size"], stored["kind"]) == ("before.png", "image/png", len(PNG), "photo")
    with caller.get(f"/files/{stored['id']}") as read:
        assert (read.status_code, read.mimetype, read.get_data()) == (200, "image/png", PNG)


def test_a_file_that_is_no_ones_case_yet_is_its_senders(call_as: CallAs) -> None:
    """Others don't find it."""
    stored = call_as("repair_worker").upload("/files", [("file", "before.png", PNG)]).get_json()
    assert call_as("repair_worker").get(f"/files/{stored['id']}").status_code == 404


def test_content_of_an_unknown_type_is_refused(call_as: CallAs) -> None:
    """422 with a sentence that names the file."""
    answer = call_as("repair_worker").upload("/files", [("file", "note.txt", b"hello")])
    assert (answer.status_code, answer.get_json()["code"]) == (422, "file_refused")
    assert "note.txt" in answer.get_json()["detail"]


def test_an_upload_without_a_file_or_of_an_unknown_kind_is_refused(call_as: CallAs) -> None:
    """422 naming the field."""
    caller = call_as("repair_worker")
    assert caller.upload("/files", []).get_json()["errors"][0]["field"] == "file"
    answer = caller.upload("/files", [("file", "a.txt", b"hello")], kind="poem")
    assert answer.get_json()["errors"][0]["field"] == "kind"
    assert caller.post("/files", {"file": "x"}).status_code == 415


def test_an_oversize_upload_is_refused(call_as: CallAs) -> None:
    """413."""
    caller = call_as("repair_worker")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.png"\r\n\r\n' + b"x" * (21 * 2**20) + b"\r\n--x--\r\n"
    answer = caller.app.test_client().post(
        "/api/v1/files", data=body, content_type="multipart/form-data; boundary=x", headers={"Authorization": f"Bearer {caller.token}"})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
