"""Refusals of requests as such, before any service is asked. Their sentences are in the source language, like the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import FieldError, GuichengError, InvalidError


class RequestError(GuichengError):
    """The request is not one that this interface understands."""

    code = "bad_request"
    sentence = "請求格式不正確。"


class NotAuthenticatedError(RequestError):
    """No token and no session, or one that is no longer good."""

    code = "not_authenticated"
    sentence = "請先登入，或在 Authorization 標頭提供有效的權杖。"


class CsrfError(RequestError):
    """A write by session cookie without the page's CSRF token."""

    code = "csrf"
    sentence = "頁面已過期，請重新整理後再試（X-CSRFToken 標頭缺少或無效）。"


class MalformedBodyError(RequestError):
    """The body is not JSON, or not what its content type says."""

    code = "malformed_body"
    sentence = "請求內容無法讀取：{reason}"


class UnsupportedContentTypeError(RequestError):
    """The body has another content type than the call takes."""

    code = "unsupported_content_type"
    sentence = "不支援內容類型「{given}」，請使用 {expected}。"


class UnknownAddressError(RequestError):
    """No call at this address."""

    code = "unknown_address"
    sentence = "沒有這個介面：{path}"


class MethodNotAllowedError(RequestError):
    """The address exists, the method doesn't."""

    code = "method_not_allowed"
    sentence = "此介面不支援 {method}，可用：{allowed}。"


class PreconditionRequiredError(RequestError):
    """A save that doesn't say what its author had before them."""

    code = "precondition_required"
    sentence = "請在 If-Match 標頭註明所修改的版本（新檔案用 If-None-Match: *）。"


class TooManyRequestsError(RequestError):
    """Asked too often in a short time."""

    code = "too_many_requests"
    sentence = "請求過於頻繁，請稍後再試。"


class RequestInvalidError(InvalidError):
    """Fields of the request that are unknown, missing or of the wrong type."""

    code = "request_invalid"
    sentence = "請求有 {count} 處不正確。"

    def __init__(self, errors: Sequence[FieldError], **data: Any) -> None:
        self.errors = tuple(errors)
        super().__init__(count=len(self.errors), **data)
