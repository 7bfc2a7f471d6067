"""Jobs that hand a work item over to somebody without an account: make the link, and queue it for the courier."""

from __future__ import annotations

import structlog

from engine.company import outside_links, recipients
from engine.delivery import outside
from engine.errors import ConflictError, NotFoundError
from engine.model import SYSTEM, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)


def send_link(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Queue a link that was made to be sent; a repeat queues nothing."""
    run_step(runtime, lambda uow: outside.queue_link(runtime, uow, payload["link_id"], payload.get("base") or ""))


def hand_over(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Make and send the link of an item that just opened, where the directory knows whom to send it to. A repeat makes none."""

    def act(uow: UnitOfWork) -> None:
        work_item_id = payload["work_item_id"]
        if outside_links.of_item(runtime, uow, work_item_id):
            return
        who = recipients.of_item(runtime, uow, work_item_id)
        if who.phone:
            outside_links.create(runtime, uow, SYSTEM, work_item_id, locale=who.locale, recipient=who.name, send_to=who.phone)

    try:
        run_step(runtime, act)
    except (ConflictError, NotFoundError) as error:
        # done or gone before the job ran
        _log.info("not_handed_over", key=key, reason=str(error))
