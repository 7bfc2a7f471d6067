"""What a new work item is: who gets it, by when it is due, whom it is escalated to. Reads the diagram's properties, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.calendars import parse_duration, parse_target, warn_at
from engine.content import InstanceContent
from engine.diagram import Element
from engine.errors import StepFailedError
from engine.model import OpenItem, WorkItemState
from engine.runtime import Runtime
from engine.signature_rules import Signer, read_signers
from engine.spiff.runner import Run

#: the columns that a new item's row gives; the others keep the table's defaults
COLUMNS = (
    "instance_id", "token", "element_id", "name", "definition_id", "definition_key", "title", "business_key", "form_key", "role", "outside",
    "site_id", "state", "is_live", "assignee_id", "created_at", "claimed_at", "warn_at", "due_at",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an instance's work items copy for their lists."""

    instance_id: int
    title: str
    business_key: str | None
    site_id: int | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A work item about to be written."""

    item: OpenItem
    name: str
    definition_id: int
    definition_key: str
    form_key: str | None
    role: str
    outside: str | None
    assignee_id: int | None
    created_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    #: the diagram's element, for what a signature chain asks of it
    element: Element
    #: of a signature chain: who signs; the item itself is nobody's then
    signers: tuple[Signer, ...] = ()

    def row(self, subject: Subject) -> dict[str, Any]:
        """Its row."""
        return {
            "instance_id": subject.instance_id,
            "token": self.item.token,
            "element_id": self.item.element_id,
            "name": self.name,
            "definition_id": self.definition_id,
            "definition_key": self.definition_key,
            "title": subject.title,
            "business_key": subject.business_key,
            "form_key": self.form_key,
            "role": self.role,
            "outside": self.outside,
            "site_id": subject.site_id,
            "state": WorkItemState.SIGNING if self.signers else WorkItemState.OPEN if self.assignee_id is None else WorkItemState.CLAIMED,
            "is_live": not self.signers,
            "assignee_id": self.assignee_id,
            "created_at": self.created_at,
            "claimed_at": None if self.assignee_id is None else self.created_at,
            "warn_at": self.warn_at,
            "due_at": self.due_at,
        }

    def due_rows(self, instance_id: int) -> list[dict[str, Any]]:
        """Its rows for the scheduler."""
        moments = {"item_warn": self.warn_at, "item_due": self.due_at}
        return [
            {"kind": kind, "due_at": moment, "instance_id": instance_id, "subject": self.item.token}
            for kind, moment in moments.items()
            if moment is not None
        ]


def plan(runtime: Runtime, content: InstanceContent, run: Run, item: OpenItem, now: datetime) -> Opening:
    """Work out who gets an item and by when. StepFailedError when an expression of the diagram fails."""
    held = content.of(item.process_key)
    element = held.diagram.elements[item.element_id]
    role = element.attended_by if element.outside and element.attended_by else element.role
    if element.candidate_roles:
        role = _role(run.evaluate(element.candidate_roles, item.data), element.id)
    signers: tuple[Signer, ...] = ()
    if element.signers:
        signers = read_signers(run.evaluate(element.signers, item.data), element.id, runtime.organisation.roles)
    # of a chain each signer's own item falls due
    warn, due_at = (None, None) if signers else due_times(runtime, element, now, None)
    return Opening(
        item=item,
        name=element.name or element.id,
        definition_id=held.id,
        definition_key=held.key,
        form_key=element.form,
        role=role or runtime.organisation.fallback_role,
        outside=element.outside,
        assignee_id=_person(run.evaluate(element.assignee, item.data), element.id) if element.assignee and not signers else None,
        created_at=now,
        warn_at=warn,
        due_at=due_at,
        element=element,
        signers=signers,
    )


def at_site(runtime: Runtime, opening: Opening, site_id: int | None) -> Opening:
    """The same at a site, by the working time that counts there."""
    if site_id not in runtime.organisation.site_calendars or opening.due_at is None:
        return opening
    warn, due_at = due_times(runtime, opening.element, opening.created_at, site_id)
    return replace(opening, warn_at=warn, due_at=due_at)


def due_times(runtime: Runtime, element: Element, now: datetime, site_id: int | None) -> tuple[datetime | None, datetime | None]:
    """When an item of the element that opens now is warned of, and when it falls due."""
    if not element.due:
        return None, None
    calendar = runtime.organisation.calendar_at(site_id)
    due_at = calendar.add(now, parse_target(element.due), "working" if element.calendar == "working" else "always")
    return warn_at(now, due_at, parse_duration(element.warn)) if element.warn else None, due_at


def _role(value: Any, element_id: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not value:
        raise StepFailedError(element_id=element_id, reason="candidate_roles 必須得出一個角色代碼")
    return value


def _person(value: Any, element_id: str) -> int | None:
    if isinstance(value, dict):
        value = value.get("id")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise StepFailedError(element_id=element_id, reason="assignee 必須得出一位人員")
    return value
