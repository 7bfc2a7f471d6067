"""A case's diagram with what is done, where it stands, what is late and what failed."""

from __future__ import annotations

from engine import definitions, instances
from engine.drawing import ElementMark, Status, draw
from engine.permissions import require
from engine.queries import instances as queries
from engine.queries import work_items
from webui.api.calls import Call


def diagram_svg(call: Call, instance_id: int) -> str:
    """The picture. NotFoundError where the case isn't the caller's to see."""
    require(call.actor, "process-instance:read")
    row = queries.get(call.uow, call.actor, instance_id)
    content = definitions.content(call.runtime, call.uow, row.definition_id)
    return draw(content.xml, content.key, _marks(call, instance_id), label=row.title or content.name)


def _marks(call: Call, instance_id: int) -> dict[str, ElementMark]:
    inside = instances.inspect(call.runtime, call.uow, instance_id)
    now = call.runtime.clock.now()
    late = {
        item.element_id for item in work_items.of_instance(call.uow, instance_id)
        if item.is_live and item.due_at is not None and item.due_at < now
    }
    marks = {element_id: ElementMark(Status.DONE) for element_id in inside.completed_elements}
    marks |= {token.element_id: ElementMark(Status.OVERDUE if token.element_id in late else Status.CURRENT) for token in inside.tokens}
    for incident in queries.incidents(call.uow, instance_id):
        if incident.resolved_at is None and incident.element_id is not None:
            marks[incident.element_id] = ElementMark(Status.INCIDENT)
    return marks
