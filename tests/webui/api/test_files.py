"""Uploading files that forms then refer to, and getting them back."""

from __future__ import annotations

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy, rows, simple_process
from tests.webui.api.caller import PNG, CallAs

_START = (
    b'<startEvent id="start"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="papers_in"/></s:properties></extensionElements></startEvent>'
)
_PAPERS = """{"title": "收件", "type": "object", "properties": {
  "id_number": {"type": "string", "title": "證件號碼", "ui:personal": "identity"},
  "faces": {"type": "array", "format": "photo", "title": "證件相片", "ui:personal": "identity"}}}""".encode()


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


def test_papers_of_identity_are_handed_out_by_role_and_on_record(call_as: CallAs, runtime: Runtime) -> None:
    """Neither the case's data nor its files tell them to whoever has no need of them."""
    diagram = simple_process("papers", ("check", "customer_service")).replace(b'<startEvent id="start"/>', _START)
    deploy(runtime, {"papers.bpmn": diagram, "forms/papers_in.json": _PAPERS})
    clerk, worker = call_as("customer_service"), call_as("repair_worker")
    face = clerk.upload("/files", [("file", "face.png", PNG)], kind="photo").get_json()["id"]
    said = {"id_number": "330102X", "faces": [{"id": face}]}
    made = clerk.post("/process-definitions/papers/start", {"variables": said}).get_json()
    for caller in (clerk, worker):
        shown = caller.get(f"/process-instances/{made['id']}").get_json()["variables"]["papers_in"]
        assert shown == {"id_number": "（身份資料）", "faces": []}
    assert worker.get(f"/files/{face}").status_code == 403
    assert rows(runtime, tables.identity_look) == []
    with clerk.get(f"/files/{face}") as read:
        assert read.status_code == 200
    assert [(row.file_id, row.channel) for row in rows(runtime, tables.identity_look)] == [(face, "api")]


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
