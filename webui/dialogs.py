"""Questions before something is done: a small page, which scripts show as a dialog over the page it was asked from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import flask

from engine.errors import InvalidError
from webui.display import zone

_REASON_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """A further choice of one question."""

    name: str
    #: source language
    label: str
    #: (value, label)
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dialog:
    """One question. All texts in the source language but the choices, which are in the reader's."""

    heading: str
    text: str
    submit: str
    danger: bool = False
    choice_name: str = ""
    choice_label: str = ""
    #: (value, label)
    choices: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    #: said instead of an empty list of choices
    nothing: str = ""
    #: whether a reason must be given
    reason: bool = False
    #: whether something may be added in words
    remark: bool = False
    #: label of a moment that is asked for, and the moment that stands in its field at first
    moment_label: str = ""
    moment: str = ""
    #: asked as well, where there is something to choose
    further: Question | None = None


def render(dialog: Dialog, address: str, back: str, problem: str = "", code: int = 200) -> flask.Response:
    """The question, as a page or as a part for a dialog."""
    is_part = "HX-Request" in flask.request.headers
    body = flask.render_template(
        "dialog.html", dialog=dialog, address=address, back=back, problem=problem, is_part=is_part,
        reason=flask.request.form.get("reason", ""), chosen=flask.request.form.get(dialog.choice_name, dialog.chosen),
        moment=flask.request.form.get("moment", dialog.moment),
    )
    return flask.make_response(body, code)


def required_reason() -> str:
    """The reason that was given. InvalidError without one."""
    reason = flask.request.form.get("reason", "").strip()
    if not reason:
        raise InvalidError(reason="請填寫原因。")
    return reason[:_REASON_LENGTH]


def whole_number(name: str) -> int:
    """A number that was typed. InvalidError for anything else."""
    text = flask.request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidError(reason="請輸入整數。")
    return int(text)


def required_moment() -> datetime:
    """The moment that was given, by the clock on the wall. InvalidError without one."""
    try:
        return datetime.fromisoformat(flask.request.form.get("moment", "")).replace(tzinfo=zone())
    except ValueError as error:
        raise InvalidError(reason="請填寫實際發生時間。") from error


def chosen_number(name: str) -> int:
    """The id that was chosen. InvalidError without one."""
    text = flask.request.form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidError(reason="請選擇一位同事。")
    return int(text)
