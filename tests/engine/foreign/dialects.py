"""The files beside this module, by tool: small processes of our own, written in the shapes that the tools write."""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).parent / "files"
#: name → files of one import
CASES: dict[str, tuple[str, ...]] = {
    "key_loan": ("camunda/key_loan.bpmn",),
    "supplier_invoice": ("camunda/supplier_invoice.bpmn", "camunda/invoice_check.form"),
    "meter_reading": ("camunda/meter_reading.bpmn", "camunda/use_grade.dmn"),
    "visitor": ("flowable/visitor.bpmn20.xml",),
    "leave_request": ("flowable/leave_request.bpmn20.xml", "flowable/leaveForm.form", "flowable/leaveDecision.form"),
    "cleaning_check": ("activiti/cleaning_check.bpmn20.xml",),
    "parcel": ("signavio/parcel.bpmn",),
    "lost_property": ("signavio/lost_property.bpmn",),
    "purchase": ("arena/purchase.bpmn", "arena/material-schema.json", "arena/material-uischema.json"),
    "rates": ("arena/rates.bpmn",),
}


def files(name: str) -> dict[str, bytes]:
    """The files of one case, by file name."""
    return {Path(path).name: (FILES / path).read_bytes() for path in CASES[name]}
