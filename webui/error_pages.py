"""Errors as pages: what happened, in the reader's words, and what to do next. Errors a person caused are told apart from ours."""

from __future__ import annotations

import flask
import structlog
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from engine.company.users import TooManyAttemptsError
from engine.errors import GuichengError, StepFailedError
from webui import unit_of_work
from webui.access_log import request_id, shown_path
from webui.api.problems import status_of
from webui.language import describe_error, gettext
from webui.phone.keeping import is_queued

log = structlog.get_logger("guicheng.web")

#: status → (heading, what to do next), source language
PAGES = {
    400: ("請求無法識別", "請回到上一頁，重新整理後再試。"),
    403: ("沒有權限", "如果您認為應該可以查看或辦理，請聯絡系統管理員為您加上角色。"),
    404: ("找不到這個頁面", "連結可能已過期，或內容已被移除。請從待辦或案件列表重新進入。"),
    405: ("不能這樣操作", "請回到上一頁，使用頁面上的按鈕操作。"),
    410: ("已經刪除", "這是按公司的保存規則刪除的，案件的其他記錄仍在。"),
    409: ("有人比您先一步", "請重新整理頁面，查看最新狀態後再操作。"),
    413: ("內容太大", "請縮小照片或檔案後再上傳，或分次提交。"),
    422: ("內容有誤", "請回到上一頁修改後再提交。"),
    429: ("操作過於頻繁", "請稍候片刻再試。"),
    500: ("系統出錯了", "這不是您的操作造成的。請稍後再試；如仍然出現，請把下方編號告訴系統管理員。"),
    503: ("暫時無法保存", "請稍候片刻，再按一次提交。您填寫的內容仍在上一頁。"),
}


def register(app: flask.Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(GuichengError, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def status(error: GuichengError) -> int:
    """The HTTP status of an error's page."""
    if isinstance(error, TooManyAttemptsError):
        return 429
    return status_of(error)


def page(code: int, sentence: str = "", *, heading: str | None = None, advice: str | None = None) -> flask.Response:
    """An error page, or for a request made by a page's own script a short message that the page shows."""
    unit_of_work.close()
    known_heading, known_advice = PAGES.get(code, PAGES[400 if code < 500 else 500])
    if is_queued():
        # shown later, on the page of the queue
        return flask.make_response({"problem": sentence or gettext(heading or known_heading)}, code)
    is_part = "HX-Request" in flask.request.headers
    body = flask.render_template(
        "errors/part.html" if is_part else "errors/page.html", code=code, heading=gettext(heading or known_heading),
        sentence=sentence, advice=gettext(advice or known_advice), request_id=request_id() if code >= 500 else None,
    )
    response = flask.make_response(body, code)
    if is_part:
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "afterbegin"
    if code in (429, 503):
        response.headers["Retry-After"] = "5"
    return response


def _refused(error: GuichengError) -> flask.Response:
    if isinstance(error, StepFailedError):
        log.warning("step failed", code=error.code, element_id=error.element_id)
    return page(status(error), describe_error(error))


def _expired(_error: CSRFError) -> flask.Response:
    return page(403, heading="頁面已過期", advice="為了安全，頁面開啟太久後需要重新整理。請回到上一頁，重新整理後再提交一次。")


def _http(error: HTTPException) -> flask.Response:
    if isinstance(error, InternalServerError):
        return _failed(error.original_exception or error)
    if error.response is not None:
        return flask.make_response(error.response)
    response = page(error.code or 500)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _failed(error: BaseException) -> flask.Response:
    log.error("request failed", path=shown_path(), exc_info=error)
    return page(500)
