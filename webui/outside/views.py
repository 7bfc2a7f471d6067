"""The page behind a one-time link, sending its form, and the files of that form."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine import files
from engine.company import outside_links
from engine.company.outside_links import LinkClosedError, LinkState, LinkThrottledError, LinkUnknownError, OutsideLink
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError, WorkItemNotOpenError
from engine.i18n import LOCALES, best_locale
from engine.model import JsonObject
from engine.queries import work_items
from webui import posted_form, unit_of_work
from webui.error_pages import status
from webui.files.views import send
from webui.language import describe_error, gettext
from webui.outside import guard, page
from webui.unit_of_work import current, runtime_of

#: name of the buttons that choose the language
LANGUAGE = "_lang"
#: statuses of links that can't be used: gone for good, or for now
_GONE = {LinkState.RESTING: 409, None: 404}
#: longest token that is looked up; ours are shorter
_TOKEN_LENGTH = 100


def begin() -> None:
    """Pages of links know nobody: the language is the link's, or what the browser asks for, never that of whoever is signed in here."""
    chosen = flask.request.args.get(LANGUAGE)
    _read_in(chosen if chosen in LOCALES else best_locale(flask.request.headers.get("Accept-Language")))


def seal(response: flask.Response) -> flask.Response:
    """The address is the key: it goes to no other site, into no index and into no cache."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    guard.keep(response, (flask.request.view_args or {}).get("token", ""))
    return response


def show(token: str) -> ResponseReturnValue:
    """What is to be filled in."""
    link = _admit(token, opens=True)
    if isinstance(link, flask.Response):
        return link
    if flask.request.args.get(LANGUAGE) not in LOCALES:
        _read_in(link.locale)
    return page.render(token, link) if link.state is LinkState.OPEN else _closed(link)


def submit(token: str) -> ResponseReturnValue:
    """Send the form; the link is used up with it. Whatever is refused comes back with everything that was typed."""
    link = _admit(token)
    if isinstance(link, flask.Response):
        return link
    _read_in(link.locale)
    if link.state is not LinkState.OPEN:
        return _closed(link)
    item = work_items.find(current(), link.work_item_id)
    if not guard.is_good(token):
        return page.render(token, link, problem=gettext("頁面已過期，請再填寫並提交一次。"), status=403)
    posted = posted_form.read(page.form_of(item), link.actor())
    chosen = flask.request.form.get(LANGUAGE)
    if chosen in LOCALES:
        unit_of_work.step(lambda uow: outside_links.set_locale(uow, link.id, chosen))
        _read_in(chosen)
    if posted.is_edit or chosen in LOCALES:
        return page.render(token, link, submitted=posted.variables)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        return _complete(token, posted.variables)
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _refused(token, error, posted.variables)


def file(token: str, file_id: int) -> ResponseReturnValue:
    """A file that came by the link itself, or that its page shows of the case."""
    link = outside_links.find(runtime_of(), current(), token[:_TOKEN_LENGTH])
    if link.state is not LinkState.OPEN:
        raise LinkUnknownError
    stored = files.usable_in(current(), link.actor(), link.instance_id)(file_id)
    if stored is None or (stored.instance_id is not None and file_id not in page.files_shown(link)):
        raise LinkUnknownError
    return send(stored, files.open_content(runtime_of(), stored))


def fail(error: Exception) -> flask.Response:
    """Errors as pages of their own, without a way into the application."""
    if isinstance(error, LinkUnknownError):
        return page.closed(None, 404)
    if isinstance(error, HTTPException):
        return page.trouble("未能完成", gettext("請回到上一頁再試，或聯絡物業服務中心。"), error.code or 500)
    assert isinstance(error, GuichengError)
    return page.trouble("未能完成", describe_error(error), status(error))


def _admit(token: str, *, opens: bool = False) -> OutsideLink | flask.Response:
    """The link of the address, with the attempt counted; or the page that turns the visitor away."""
    address = flask.request.remote_addr or ""
    try:
        link = unit_of_work.step(
            lambda uow: outside_links.knock(runtime_of(), uow, token[:_TOKEN_LENGTH], address, opens=opens)
        )
    except LinkThrottledError as error:
        response = page.trouble("請稍候再試", describe_error(error), 429)
        response.headers["Retry-After"] = str(60 * int(error.data["minutes"]))
        return response
    return page.closed(None, 404) if link is None else link


def _complete(token: str, variables: JsonObject) -> flask.Response:
    name, address = flask.request.form.get("_name", ""), flask.request.remote_addr or ""
    unit_of_work.step(lambda uow: outside_links.complete(runtime_of(), uow, token, variables, name=name, address=address))
    unit_of_work.let_go()
    return flask.make_response(flask.redirect(flask.url_for("outside.show", token=token), 303))


def _refused(token: str, error: InvalidError | ConflictError, variables: JsonObject) -> flask.Response:
    link = outside_links.find(runtime_of(), current(), token)
    if link.state is not LinkState.OPEN or isinstance(error, LinkClosedError | WorkItemNotOpenError):
        # somebody was first while the form was on its way
        return _closed(link)
    errors = error.errors if isinstance(error, FormInvalidError) else ()
    return page.render(token, link, submitted=variables, errors=errors, problem=describe_error(error), status=status(error))


def _closed(link: OutsideLink) -> flask.Response:
    item = work_items.find(current(), link.work_item_id)
    if link.state is LinkState.USED and flask.request.method == "GET":
        return page.closed(link.state, 200, by=link.used_by or "")
    by = item.completed_by_name or "" if link.state is LinkState.DONE else ""
    return page.closed(link.state, _GONE.get(link.state, 409 if flask.request.method == "POST" else 410), by=by)


def _read_in(locale: str) -> None:
    flask.g.reader_locale = locale
