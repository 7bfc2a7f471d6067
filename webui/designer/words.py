"""The editor's words, and those of the libraries in it: they are written in English; words*.json have the source language
beside it, a file a page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import flask

from engine.i18n import simplified
from webui.language import current_locale

_FILES = sorted(Path(__file__).parent.glob("words*.json"))


def serve() -> flask.Response:
    """The dictionary of the reader's language; empty where it is English."""
    response = flask.jsonify(dictionary(current_locale()))
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


@cache
def dictionary(locale: str) -> dict[str, str]:
    """English → the language."""
    if locale == "en":
        return {}
    words: dict[str, str] = {}
    for file in _FILES:
        words |= json.loads(file.read_text(encoding="utf-8"))
    return {english: simplified(word) for english, word in words.items()} if locale == "zh-Hans" else words
