"""What an administrator does for a person: roles by site, a link to set the password, a temporary password, sessions."""

from __future__ import annotations

import flask
import segno
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.company import password_links, sessions, users
from engine.company.entries import PERSON
from engine.errors import ConflictError, InvalidError
from engine.model import RoleGrant
from engine.permissions import require
from engine.queries import directory, entries
from webui import session, unit_of_work
from webui.directory import listing
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def roles_form(entry_id: int) -> ResponseReturnValue:
    """The roles of a person, at every site or some."""
    return _roles_page(entry_id)


def roles(entry_id: int) -> ResponseReturnValue:
    """Give and take roles."""
    actor, form = session.actor(), flask.request.form
    require(actor, PERSON.permission)
    text = form.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    try:
        unit_of_work.step(lambda uow: users.set_grants(runtime_of(), uow, actor, entry_id, _grants(), version))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return flask.make_response(_roles_page(entry_id, describe_error(error)), status(error))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("directory.show", kind="person", entry_id=entry_id), 303)


def password_link(entry_id: int) -> ResponseReturnValue:
    """Make a link by which the person chooses a password; it is shown here once."""
    made = unit_of_work.step(lambda uow: password_links.create(runtime_of(), uow, session.actor(), entry_id))
    settings = runtime_of().settings
    path = flask.url_for("sign_in.choose_form", secret=made.secret)
    address = (settings.public_address.rstrip("/") or flask.request.host_url.rstrip("/")) + path
    picture = Markup(segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True))  # noqa: S704 - made here from our address
    return listing.page(PERSON, entry_id, link=address, link_picture=picture, link_until=made.expires_at)


def reset_password(entry_id: int) -> ResponseReturnValue:
    """Set a temporary password, which the person has to change at the next sign-in."""
    actor, new = session.actor(), flask.request.form.get("new", "")[:1_000]
    require(actor, PERSON.permission)
    if actor.user_id == entry_id:
        return flask.redirect(flask.url_for("account.page"), 303)
    try:
        unit_of_work.step(lambda uow: users.change_password(runtime_of(), uow, actor, entry_id, new))
    except InvalidError as error:
        unit_of_work.let_go()
        return flask.make_response(listing.page(PERSON, entry_id, password_problem=describe_error(error)), status(error))
    flask.flash(gettext("已設定暫時的密碼，下次登入時必須更改。"))
    return flask.redirect(flask.url_for("directory.show", kind="person", entry_id=entry_id), 303)


def end_session(entry_id: int, session_id: int) -> ResponseReturnValue:
    """End one of a person's sessions."""
    require(session.actor(), PERSON.permission)
    sessions.end(runtime_of(), current(), session.actor(), session_id)
    return flask.redirect(flask.url_for("directory.show", kind="person", entry_id=entry_id), 303)


def end_sessions(entry_id: int) -> ResponseReturnValue:
    """Sign a person out everywhere."""
    sessions.end_all(runtime_of(), current(), session.actor(), entry_id)
    flask.flash(gettext("已在所有裝置上登出。"))
    return flask.redirect(flask.url_for("directory.show", kind="person", entry_id=entry_id), 303)


def session_address(entry_id: int, session_id: int) -> str:
    """Where one of a person's sessions is ended."""
    return flask.url_for("directory.end_session", entry_id=entry_id, session_id=session_id)


def _grants() -> list[RoleGrant]:
    """`role:cashier` = `all`, or the ids of sites."""
    grants = []
    for name in flask.request.form:
        if not name.startswith("role:"):
            continue
        chosen = [value for value in flask.request.form.getlist(name) if value]
        sites = [None] if "all" in chosen else [int(value) for value in chosen if value.isascii() and value.isdigit() and len(value) < 19]
        grants += [RoleGrant(name.removeprefix("role:"), site) for site in sites]
    return grants


def _roles_page(entry_id: int, problem: str = "") -> str:
    actor, uow = session.actor(), current()
    require(actor, PERSON.permission)
    entry = entries.show(uow, actor, "person", entry_id)
    held: dict[str, set[int | None]] = {}
    for role, site in entry.roles:
        held.setdefault(role, set()).add(site)
    if problem:
        held = {}
        for grant in _grants():
            held.setdefault(grant.role, set()).add(grant.site_id)
    offered = [role for role in runtime_of().organisation.roles.values() if not role.is_outside]
    return flask.render_template("directory/roles.html", kind=PERSON, entry=entry, roles=offered, held=held, problem=problem,
                                 sites=directory.sites(uow, actor))
