"""Makes links, shows their code once, and takes them back."""

from __future__ import annotations

import io
from dataclasses import dataclass

import flask
import segno
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.company import outside_links, recipients
from engine.company.outside_links import OutsideLink
from engine.company.recipients import Recipient
from engine.i18n import LOCALES
from engine.queries import work_items
from engine.queries.work_items import WorkItemRow
from webui import session, unit_of_work
from webui.language import gettext
from webui.unit_of_work import current, runtime_of


@dataclass(frozen=True, slots=True)
class Handing:
    """What the page of an item says of handing it over."""

    links: tuple[OutsideLink, ...]
    recipient: Recipient
    #: whether this person may make links now
    may_create: bool
    hours: int


def handing_over(item: WorkItemRow) -> Handing | None:
    """Links of an item of somebody without an account; None for any other, and for those who don't attend it."""
    if not outside_links.takes_links(item) or not outside_links.may_attend(session.actor(), item):
        return None
    links = outside_links.of_item(runtime_of(), current(), item.id)
    if not item.is_live:
        return Handing(links, Recipient(), False, 0) if links else None
    return Handing(links, recipients.of_item(runtime_of(), current(), item.id), True, runtime_of().settings.outside_link_hours)


def create(work_item_id: int) -> ResponseReturnValue:
    """Make a link and show its code: now or never, for only a digest is kept. Or have it sent."""
    actor, sent = session.actor(), flask.request.form
    work_items.get(current(), actor, work_item_id)
    wants_sent = "send" in sent
    to = sent.get("send_to", "").strip() if wants_sent else ""
    if wants_sent and not to:
        flask.flash(gettext("請填寫手機號碼，或改用二維碼。"), "warn")
        return _to_item(work_item_id)
    locale = sent.get("locale", "")
    link = unit_of_work.step(lambda uow: outside_links.create(
        runtime_of(), uow, actor, work_item_id, locale=locale if locale in LOCALES else LOCALES[0],
        recipient=sent.get("recipient", ""), send_to=to or None, base=base_address(),
    ))
    if wants_sent:
        flask.flash(gettext("連結會傳送到 {to}。", to=to))
        return _to_item(work_item_id)
    address = address_of(link.token)
    item = work_items.find(current(), work_item_id)
    return flask.render_template("links/sheet.html", item=item, link=link, address=address, code=qr_code(address))


def revoke(work_item_id: int, link_id: int) -> ResponseReturnValue:
    """Take a link back."""
    actor = session.actor()
    work_items.get(current(), actor, work_item_id)
    unit_of_work.step(lambda uow: outside_links.revoke(runtime_of(), uow, actor, work_item_id, link_id))
    flask.flash(gettext("連結已收回，對方不能再用。"))
    return _to_item(work_item_id)


def address_of(token: str) -> str:
    """The whole address of a link's page."""
    return base_address() + flask.url_for("outside.show", token=token)


def qr_code(address: str) -> Markup:
    """The address as a QR code, drawn without styles, which the policy of our pages forbids."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=3, lineclass=None, svgclass=None, nl=False
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - made of modules only


def base_address() -> str:
    """Where links begin: the public address, or that of this request."""
    return (runtime_of().settings.public_address or flask.request.host_url).rstrip("/")


def _to_item(work_item_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("work_item.show", work_item_id=work_item_id), 303)
