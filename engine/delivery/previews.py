"""What a message would say in words that are not kept yet, on something that really happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from engine import permissions
from engine.delivery import messages, templates
from engine.delivery.messages import Message
from engine.delivery.outside import words
from engine.delivery.templates import Texts
from engine.i18n import LOCALES
from engine.model import Actor
from engine.notifications import Kind
from engine.persistence.tables import outside_link, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import notifications as queries
from engine.queries.notifications import NotificationRow
from engine.runtime import Runtime

#: happenings to choose from
CHOICES = 8
#: stands in a preview for the part of a link that opens it
_HIDDEN_PART = "••••••"


@dataclass(frozen=True, slots=True)
class Preview:
    """How messages would read."""

    #: language → message
    messages: Mapping[str, Message]
    #: happenings of the kind, newest first; empty where there was none yet and an example stands for it
    choices: tuple[NotificationRow, ...]
    #: the one that was taken; None for an example
    chosen: int | None


def show(runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, texts: Mapping[str, str], about: int | None = None) -> Preview:
    """A text's message in every language. FormInvalidError as when it is kept.

    `about` is a notification's id among the newest of the kind; without one, or with another, the newest is taken.
    """
    permissions.require(actor, "delivery:administer")
    templates.get(uow, actor, key)
    trial = Texts({**templates.in_force(uow).own, key: templates.check(key, texts)})
    if key.startswith("link_"):
        title, is_real = _newest_link(uow)
        made = {locale: words(runtime, trial, locale, f"preview-{key}", title, f"https://…/l/{_HIDDEN_PART}") for locale in LOCALES}
        return Preview(made, (), None if not is_real else 0)
    kind = Kind(key) if key in list(Kind) else None
    found, now = queries.newest_of(uow, kind, CHOICES), runtime.clock.now()
    if kind is not None:
        rows = [next((each for each in found if each.id == about), found[0])] if found else [_example(kind, now)]
    else:
        rows = list(found[:2]) or [_example(Kind.OPENED, now), _example(Kind.DUE_SOON, now)]
    more = 3 if kind is None else 0
    made = {locale: messages.of_rows(runtime, uow, f"preview-{key}", rows, more, locale, trial) for locale in LOCALES}
    return Preview(made, tuple(found) if kind is not None else (), rows[0].id if found else None)


def _newest_link(uow: UnitOfWork) -> tuple[str, bool]:
    query = (
        select(work_item.c.title, work_item.c.name).join(outside_link, outside_link.c.work_item_id == work_item.c.id)
        .order_by(outside_link.c.id.desc()).limit(1)
    )
    row = uow.reading.execute(query).one_or_none()
    return (row.title or row.name, True) if row is not None else ("R202611-0001", False)


def _example(kind: Kind, now: datetime) -> NotificationRow:
    """Nobody's: shown until something of the kind has happened."""
    return NotificationRow(
        id=0, kind=kind, made_at=now, is_read=False, instance_id=None, case="R202611-0001", work_item_id=None, step="…",
        definition_id=None, holder_id=None, holder=None, is_live=None, role=None, site_id=None, by=None,
        data=dict.fromkeys(("text", "limit", "process", "subject", "reason", "month"), "…"),
    )
