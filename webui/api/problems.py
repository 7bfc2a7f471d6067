"""Says what went wrong as `application/problem+json` (RFC 9457): the one table from errors to statuses, and nothing of our own bugs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import flask
import orjson
import structlog
from werkzeug import exceptions as http

from engine import errors
from engine.company.users import TooManyAttemptsError
from engine.designing.saving import FileChangedError
from engine.i18n import best_locale, describe, describe_field_error, describe_finding, translate
from webui.api import errors as api_errors
from webui.api.catalogues import catalogue

MEDIA_TYPE = "application/problem+json"
#: seconds after which a client may try again when the store could not be written
RETRY_AFTER = 2

#: the nearest class in an error's ancestry decides
STATUSES: dict[type[errors.GuichengError], int] = {
    errors.NotFoundError: 404,
    errors.GoneError: 410,
    errors.ForbiddenError: 403,
    errors.ConflictError: 409,
    errors.InvalidError: 422,
    errors.TooLargeError: 413,
    errors.StepFailedError: 422,
    errors.StoreUnavailableError: 503,
    TooManyAttemptsError: 429,
    errors.GuichengError: 400,
    api_errors.RequestError: 400,
    api_errors.NotAuthenticatedError: 401,
    api_errors.CsrfError: 403,
    api_errors.UnsupportedContentTypeError: 415,
    api_errors.UnknownAddressError: 404,
    api_errors.MethodNotAllowedError: 405,
    api_errors.TooManyRequestsError: 429,
    api_errors.PreconditionRequiredError: 428,
    FileChangedError: 412,
}

#: what of a conflict's data a program may want to read: who was first, and where things stand now
_CONFLICT_MEMBERS = (
    "assignee", "completed_by", "completed_at", "state", "path", "changed_by", "changed_at", "revision", "is_removed", "done", "total")


def request_locale() -> str:
    """The language of an answer. Programs have no profile: what their request asks for is what they get."""
    return best_locale(flask.request.headers.get("Accept-Language"))


def status_of(error: errors.GuichengError) -> int:
    """The HTTP status that an error is answered with."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def refuse(error: errors.GuichengError) -> flask.Response:
    """The answer to an error that the caller has to mend."""
    locale = request_locale()
    status = status_of(error)
    words = catalogue(locale) if status in (403, 409, 412, 422) else None
    problem: dict[str, Any] = _problem(status, error.code, describe(error, locale, words))
    if error.element_id is not None:
        problem["element_id"] = error.element_id
    if isinstance(error, errors.FormInvalidError | api_errors.RequestInvalidError):
        problem["errors"] = [_field(entry, locale, words) for entry in error.errors]
    elif isinstance(error, errors.DeploymentRefusedError):
        findings = [finding_view(finding, locale) for finding in error.findings]
        problem["errors"] = [view for view, finding in zip(findings, error.findings, strict=True) if finding.severity == "error"]
        problem["warnings"] = [view for view, finding in zip(findings, error.findings, strict=True) if finding.severity != "error"]
    elif isinstance(error, errors.ConflictError):
        problem.update({name: _plain(error.data[name]) for name in _CONFLICT_MEMBERS if name in error.data})
    response = _respond(problem, status)
    response.headers["Content-Language"] = locale
    response.vary.add("Accept-Language")
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, api_errors.MethodNotAllowedError):
        response.headers["Allow"] = str(error.data.get("allowed", ""))
    return response


def refuse_http(error: http.HTTPException) -> flask.Response:
    """The answer to what Flask itself refuses, in the same shape."""
    request = flask.request
    refusal: errors.GuichengError
    match error:
        case http.RequestEntityTooLarge():
            refusal = errors.TooLargeError(what="請求內容", limit=f"{request.max_content_length} bytes")
        case http.TooManyRequests():
            refusal = api_errors.TooManyRequestsError()
        case http.NotFound():
            refusal = api_errors.UnknownAddressError(path=request.path)
        case http.UnsupportedMediaType():
            refusal = api_errors.UnsupportedContentTypeError(given=request.mimetype or "—", expected="—")
        case _ if error.code is not None and 400 <= error.code < 500:
            refusal = api_errors.RequestError()
        case _:
            return fail(error)
    return refuse(refusal)


def fail(error: Exception) -> flask.Response:
    """The answer to a bug of ours: an id to look it up by in the log, and no details."""
    request_id = getattr(flask.g, "request_id", None) or uuid.uuid4().hex
    structlog.get_logger("guicheng.api").error("request failed", request_id=request_id, path=flask.request.path, exc_info=error)
    detail = translate(request_locale(), "系統發生錯誤，請將編號 {request_id} 告知管理員。", request_id=request_id)
    problem = _problem(500, "internal_error", detail)
    return _respond({**problem, "request_id": request_id}, 500)


def finding_view(finding: errors.Finding, locale: str) -> dict[str, Any]:
    """One thing the linter says, as the interface shows it."""
    return {
        "rule": finding.rule, "element_id": finding.element_id, "message": describe_finding(finding, locale), "file": finding.file,
    }


def _field(error: errors.FieldError, locale: str, words: Mapping[str, str] | None) -> dict[str, Any]:
    return {"field": error.field, "code": error.code, "message": describe_field_error(error, locale, words)}


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"type": f"urn:guicheng:problem:{code}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}


def _respond(problem: dict[str, Any], status: int) -> flask.Response:
    response = flask.Response(orjson.dumps(problem), status=status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value if isinstance(value, str | int) else str(value)
