"""A procedure that asks for every kind of personal data, and a finished case of it that says each in as many places as a case has."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from engine import attachments, comments, files, instances, phone_calls, records, work_items
from engine.company import reporters
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import rules, runs
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.builders import Person
from tests.engine.pictures import png, signature_url

_SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
NAME, PHONE, OTHER_PHONE, PAPER = "歐陽慕白", "13912345678", "13700007777", "110101199003078515"
CREW, CREW_PAPER, WORDS, COMMENT = "上官青雲", "440301198801015555", "廚房水管漏水，請按歐陽慕白門鈴", "鑰匙放在三樓保安處"
CALLER, FILE_NAME, REASON, HELPER = "司徒靜香", "慕白身份證正面.pdf", "電話裡說的和單子不同", "諸葛亮亮"
#: everything that says who somebody is, what they wrote or how to reach them; who signed stays
SECRETS = (NAME, PHONE, OTHER_PHONE, PAPER, CREW, CREW_PAPER, WORDS, COMMENT, CALLER, FILE_NAME, HELPER, "慕白")
SIGNER = "簽名的人"
FORM = {
    "title": "到訪", "type": "object",
    "properties": {
        "guest": {"type": "string", "title": "來訪人", "ui:contact": True, "index": True},
        "phone": {"type": "string", "format": "phone", "title": "電話", "index": True},
        "paper": {"type": "string", "title": "身份證號", "ui:personal": "identity"},
        "words": {"type": "string", "ui:widget": "textarea", "title": "事由"},
        "kind": {"type": "string", "title": "類別", "index": True, "oneOf": [{"const": "water", "title": "給排水"}]},
        "score": {"type": "integer", "title": "評分", "index": True},
        "crew": {"type": "array", "title": "同行", "index": True, "items": {"type": "object", "properties": {
            "name": {"type": "string", "title": "姓名", "ui:contact": True},
            "id_number": {"type": "string", "title": "身份證號", "ui:personal": "identity"}}}},
        "photos": {"type": "array", "format": "photo", "title": "照片"},
        "copies": {"type": "array", "format": "file", "title": "複印件", "ui:personal": "identity"},
        "sign": {"type": "object", "format": "signature", "title": "簽名"},
    },
}
_PAPER = (
    '<article><h1 class="record-title">訪客單</h1><p>{{visit.guest}}|{{visit.phone}}|{{visit.words}}</p>'
    "<p>{{visit.sign}}</p></article>"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ALL = tuple(each for each in Kind if each in (
    Kind.IDENTITY, Kind.CONTACTS, Kind.SIGNATURES, Kind.PHOTOS, Kind.FILES, Kind.TEXTS, Kind.CALLS))


@dataclass(frozen=True, slots=True)
class Visit:
    """A finished case with who did what in it."""

    id: int
    clerk: Person
    admin: Person
    record_id: int
    tenant_id: int


def deploy(runtime: Runtime) -> None:
    """The procedure `visiting`, numbered and titled by its guest."""
    text = builders.simple_process("visiting", ("see_guest", "customer_service"), ("close_visit", "customer_service")).decode()
    text = text.replace('<definitions xmlns="', f'<definitions xmlns:s="{_SPIFF}" xmlns="', 1)
    text = text.replace('<userTask id="see_guest" name="see_guest"/>', _with("see_guest", "form", "visit"))
    title = '<extensionElements><s:properties><s:property name="title" value="到訪：{visit.guest}"/></s:properties></extensionElements>'
    text = text.replace("</documentation>", f"</documentation>{title}", 1)
    builders.deploy(runtime, {
        "visiting.bpmn": text.encode(), "forms/visit.json": orjson.dumps(FORM), "records/slip.html": _PAPER.encode()})


def _with(element: str, name: str, value: str) -> str:
    inside = f'<extensionElements><s:properties><s:property name="{name}" value="{value}"/></s:properties></extensionElements>'
    return f'<userTask id="{element}" name="{element}">{inside}</userTask>'


def visited(runtime: Runtime, *, number: str = "V-1", strokes: int = 12) -> Visit:
    """A case that is over: filled in, signed, commented, called about, printed, frozen."""
    site = builders.make_site(runtime)
    unit = builders.make_unit(runtime, site_id=site)
    tenant = builders.make_tenant(runtime, unit_id=unit)
    clerk = builders.make_user(runtime, "customer_service", "manager")
    admin = builders.make_user(runtime, "administrator")
    case = builders.start(runtime, "visiting", actor=clerk.actor, business_key=number, site_id=site)
    (item,) = case.work_item_ids

    def keep(content: bytes, name: str, kind: str) -> int:
        return run_step(runtime, lambda uow: files.store(runtime, uow, clerk.actor, content, name, kind)).id

    data = {
        "guest": NAME, "phone": PHONE, "paper": PAPER, "words": WORDS, "kind": "water", "score": 4,
        "crew": [{"name": CREW, "id_number": CREW_PAPER}],
        "photos": [{"id": keep(png(60, 40, strokes=strokes), "現場.png", "photo")}],
        "copies": [{"id": keep(PDF + number.encode(), FILE_NAME, "attachment")}],
        "sign": {"image": signature_url(strokes=strokes), "signer": SIGNER},
    }
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, item, data))
    run_step(runtime, lambda uow: comments.add(runtime, uow, clerk.actor, case.id, COMMENT))
    run_step(runtime, lambda uow: phone_calls.record(
        runtime, uow, clerk.actor, case.id, name=CALLER, number=OTHER_PHONE, result="reached", note=f"{NAME}不在家"))
    run_step(runtime, lambda uow: reporters.add(runtime, uow, clerk.actor, case.id, reporters.Call(HELPER, OTHER_PHONE, words=WORDS)))
    run_step(runtime, lambda uow: attachments.add(runtime, uow, clerk.actor, case.id, PDF + b"2", f"{NAME}的合約.pdf"))
    issued = run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, case.id, "slip", frozen=True))
    with UnitOfWork(runtime.database) as uow:
        last = next(each.id for each in uow.reading.execute(
            builders.select(builders.tables.work_item).where(
                builders.tables.work_item.c.instance_id == case.id, builders.tables.work_item.c.is_live)))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, last, {"said": f"已告知{NAME}"}))
    return Visit(case.id, clerk, admin, issued.id, tenant)


def age(folder: Path) -> None:
    """Let kept contents look as old as they are in use: a sweep leaves alone what was put there just now."""
    old = time.time() - 7_200
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (old, old))


def switch_on(runtime: Runtime, admin: Person, kind: Kind, days: int = 30, procedure: str = "", *, from_tenancy: bool = False) -> None:
    """Set a rule and switch it on."""
    with UnitOfWork(runtime.database) as uow:
        version = rules.get(uow, kind, procedure).version
    run_step(runtime, lambda uow: rules.set_rule(
        runtime, uow, admin.actor, kind, procedure, days=days, is_on=True, from_tenancy=from_tenancy, version=version))


def carry_out(runtime: Runtime, run_ids: list[int]) -> None:
    """What the jobs would do."""
    for run_id in run_ids:
        runs.carry_out(runtime, run_id)


def variables(runtime: Runtime, instance_id: int) -> dict[str, object]:
    """A case's data."""
    with UnitOfWork(runtime.database) as uow:
        return dict(instances.inspect(runtime, uow, instance_id).variables)
