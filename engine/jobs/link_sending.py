"""Jobs that hand a work item over to somebody without an account: make the link, and send it by the company's gateway."""

from __future__ import annotations

import structlog

from engine.company import outside_links, recipients
from engine.errors import ConflictError, NotFoundError
from engine.i18n import fill, translate
from engine.model import SYSTEM, JsonObject
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)
_TEXT = "物業服務中心請您確認「{title}」：{address}（{hours} 小時內有效，請勿轉發）"
#: where pages of links lie
PATH = "/l/"


def send_link(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Send a link that was made to be sent. Its token is made here, so that none is kept; a repeat makes another."""
    base = runtime.settings.public_address or payload.get("base") or ""
    if not base:
        _log.warning("link_not_sent", key=key, reason="no public address")
        return
    minted = run_step(runtime, lambda uow: outside_links.mint(runtime, uow, payload["link_id"]))
    if minted is None:
        return
    link, token = minted
    with UnitOfWork(runtime.database) as uow:
        title = uow.reading.execute(work_item.select().where(work_item.c.id == link.work_item_id)).one().title
    data = {"title": title, "address": f"{base.rstrip('/')}{PATH}{token}", "hours": runtime.settings.outside_link_hours}
    if runtime.messenger.send(link.send_to or "", fill(translate(link.locale, _TEXT), data)):
        run_step(runtime, lambda uow: outside_links.note_sent(runtime, uow, link.id))
    else:
        _log.warning("link_not_sent", key=key, reason="no gateway")


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
