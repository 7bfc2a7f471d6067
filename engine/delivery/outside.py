"""One-time links on their way to somebody without an account. The token is made when the message is, so that none is kept."""

from __future__ import annotations

import orjson
from sqlalchemy import insert, select

from engine.company import outside_links
from engine.delivery import templates
from engine.delivery.guarded import SendFailedError
from engine.delivery.messages import Message
from engine.delivery.templates import Texts
from engine.i18n import fill
from engine.model import JsonObject
from engine.persistence.tables import delivery, outside_link, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: where pages of links lie
PATH = "/l/"

note_sent = outside_links.note_sent


def queue_link(runtime: Runtime, uow: UnitOfWork, link_id: int, base: str) -> None:
    """Queue a link that was made to be sent: a text message, or mail where its address is one. Once a link."""
    key, now = f"link-{link_id}", runtime.clock.now()
    to = uow.writing.execute(select(outside_link.c.send_to).where(outside_link.c.id == link_id)).scalar()
    known = uow.writing.execute(select(delivery.c.id).where(delivery.c.key == key)).scalar()
    if to is None or known is not None:
        return
    content = orjson.dumps({"link": link_id, "base": base}).decode()
    uow.writing.execute(insert(delivery).values(
        key=key, way="email" if "@" in to else "sms", address=to, content=content, state="waiting", next_at=now, made_at=now,
    ))
    uow.after_commit(runtime.news.announce)


def link_message(runtime: Runtime, key: str, content: JsonObject) -> Message | None:
    """The message with a link under a new token, its earlier one no longer works; None when it cannot be used any more."""
    base = runtime.settings.public_address or content.get("base") or ""
    if not base:
        raise SendFailedError("沒有設定對外網址（GUICHENG_PUBLIC_ADDRESS）")
    minted = run_step(runtime, lambda uow: outside_links.mint(runtime, uow, content["link"]))
    if minted is None:
        return None
    link, token = minted
    with UnitOfWork(runtime.database) as uow:
        title = uow.reading.execute(select(work_item.c.title).where(work_item.c.id == link.work_item_id)).scalar_one()
        texts = templates.in_force(uow)
    return words(runtime, texts, link.locale, key, title, f"{base.rstrip('/')}{PATH}{token}")


def words(runtime: Runtime, texts: Texts, locale: str, key: str, title: str, address: str) -> Message:
    """The message that brings a link, in a language."""
    data = {"title": title, "address": address, "hours": runtime.settings.outside_link_hours}
    return Message(key, fill(texts.text(locale, "link_subject"), data), fill(texts.text(locale, "link_text"), data))
