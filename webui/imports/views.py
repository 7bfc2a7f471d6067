"""Uploading a workbook, looking at what it would change, letting it be carried out."""

from __future__ import annotations

import io
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import ConflictError, FieldError, InvalidError
from engine.file_types import XLSX
from engine.imports import kinds as all_of
from engine.imports import planning, storing, writing
from engine.imports.plan import Kind
from engine.permissions import may, require
from engine.queries import imports as queries
from webui import exports, session, unit_of_work
from webui.error_pages import status
from webui.imports.wording import column_title, problem_text, value_text
from webui.language import current_locale, describe_error, gettext
from webui.start.offers import offers
from webui.unit_of_work import current, runtime_of

_PAGE = 60
#: which rows are shown, with what the tab says
SHOWN = {"refused": "有錯誤", "failed": "未能匯入", "new": "新增", "changed": "更改", "unchanged": "不變"}


def overview() -> ResponseReturnValue:
    """Imports so far, and the form for the next one."""
    return _list()


def upload() -> ResponseReturnValue:
    """Read a workbook and show what it would change; a file that is none comes back with the reason."""
    actor, file = session.actor(), flask.request.files.get("workbook")
    require(actor, "import:apply")
    name, raw = (file.filename or "", file.stream.read()) if file is not None else ("", b"")
    try:
        if not raw:
            raise InvalidError(reason="請選擇活頁簿。")
        unit_of_work.let_go()
        import_id = unit_of_work.step(lambda uow: planning.receive(runtime_of(), uow, actor, name, raw))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _list(describe_error(error), status(error))
    return flask.redirect(flask.url_for("imports.show", import_id=import_id), 303)


def template() -> ResponseReturnValue:
    """An empty workbook to fill in."""
    chosen = flask.request.args.getlist("case")
    return send(writing.template(runtime_of(), current(), session.actor(), current_locale(), chosen), gettext("匯入範本"))


def present() -> ResponseReturnValue:
    """The present master data, to be edited and read again."""
    body, count = writing.present(runtime_of(), current(), session.actor(), current_locale())
    exports.keep(session.actor(), "master_data", "xlsx", count)
    return send(body, gettext("主檔"))


def show(import_id: int) -> ResponseReturnValue:
    """What a workbook would change or has changed, row by row."""
    uow, actor, args = current(), session.actor(), flask.request.args
    found = queries.find(uow, actor, import_id)
    counts = {name: getattr(found, name) for name in SHOWN if getattr(found, name)}
    chosen = args.get("show", next(iter(counts), "new"))
    chosen = chosen if chosen in SHOWN else "new"
    narrowed: dict[str, Any] = {"state": chosen} if chosen == "failed" else {"action": chosen}
    page = queries.rows(uow, import_id, **narrowed, after=args.get("after"), limit=_PAGE)
    kinds = all_of.all_kinds(runtime_of(), uow)
    return flask.render_template(
        "imports/show.html", found=found, counts=counts, chosen=chosen, page=page, rights=rights(), labels=SHOWN,
        lines=[_line(row, all_of.of(kinds, row.kind)) for row in page.rows], sheets=queries.kinds(uow, import_id),
        same=queries.same_content(uow, import_id) if found.state == "planned" else (),
        problem="" if found.problem is None else problem_text(FieldError("", "", found.problem.sentence, found.problem.data)),
    )


def progress(import_id: int) -> ResponseReturnValue:
    """How far it is, as a part of the page; once it is done the page is drawn anew."""
    found = queries.find(current(), session.actor(), import_id)
    response = flask.make_response(flask.render_template("imports/progress.html", found=found))
    if found.state not in ("applying", "reading"):
        response.headers["HX-Refresh"] = "true"
    return response


def confirm(import_id: int) -> ResponseReturnValue:
    """Let it be carried out."""
    return _settle(import_id, storing.confirm, "已開始匯入，可以離開此頁。")


def discard(import_id: int) -> ResponseReturnValue:
    """Throw the plan away."""
    return _settle(import_id, storing.discard, "已取消，沒有匯入任何資料。")


def rights() -> dict[str, bool]:
    """What the person may do here."""
    return {"apply": may(session.actor(), "import:apply"), "sign": may(session.actor(), "reconciliation:sign")}


def send(body: bytes, name: str) -> flask.Response:
    """An Excel file to be kept."""
    # names that are not Latin go as RFC 6266 wants them: a server refuses to send them otherwise
    response = flask.send_file(io.BytesIO(body), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _settle(import_id: int, act: Any, told: str) -> ResponseReturnValue:
    actor = session.actor()
    queries.find(current(), actor, import_id)
    try:
        unit_of_work.step(lambda uow: act(runtime_of(), uow, actor, import_id))
        flask.flash(gettext(told))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("imports.show", import_id=import_id), 303)


def _list(problem: str = "", code: int = 200) -> flask.Response:
    uow, actor = current(), session.actor()
    page = queries.imports(uow, actor, after=flask.request.args.get("after"))
    body = flask.render_template("imports/overview.html", page=page, problem=problem, rights=rights(), groups=offers(actor))
    return flask.make_response(body, code)


def _line(row: queries.RowView, kind: Kind | None) -> dict[str, Any]:
    """A row in the reader's words."""
    changes = [
        (column_title(kind, name), value_text(kind, name, before), value_text(kind, name, after)) for name, before, after in row.changes
    ]
    facts = []
    if row.action in ("new", "refused"):
        facts = [(column_title(kind, name), value_text(kind, name, value)) for name, value in row.payload.items()
                 if value not in (None, "") and not name.startswith("_") and column_title(kind, name)]
    problems = [
        (gettext(each.column) if each.column else "", problem_text(FieldError(each.column, "", each.sentence, each.data)))
        for each in row.problems
    ]
    return {"row": row, "changes": changes, "facts": facts, "problems": problems}
