"""Which message is meant for which waiting token: by what the diagram declares, else by the plain values of the token's data.

An element's property `correlation` is an expression that gives an object; a message must carry exactly these values. Without it a
message may name any of the token's top-level texts, numbers and yes/no, and one that names none is for every token of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.content import InstanceContent
from engine.errors import StepFailedError
from engine.model import JsonObject, Waiting
from engine.spiff.runner import Run

#: longer texts are no keys
_LONGEST = 120
_MOST = 40
_DECLARED, _DATA = "declared", "data"


def declared(content: InstanceContent, run: Run, waiting: Waiting) -> Waiting:
    """The waiting token with its declared correlation worked out. StepFailedError when the expression gives no object."""
    element = content.element(waiting.process_key, waiting.element_id)
    expression = element.properties.get("correlation") if element is not None else None
    if not expression:
        return waiting
    value = run.evaluate(expression, waiting.data)
    if not isinstance(value, dict):
        raise StepFailedError(element_id=waiting.element_id, reason="correlation 必須得出一個物件")
    return replace(waiting, correlation={_DECLARED: value})


def of_data(data: Mapping[str, Any]) -> JsonObject:
    """What a subscription keeps where nothing is declared."""
    plain = {
        key: value
        for key, value in data.items()
        if isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= _LONGEST)
    }
    return {_DATA: dict(list(plain.items())[:_MOST])} if plain else {}


def needed(subscribed: JsonObject) -> JsonObject:
    """What a message has to carry for a token that subscribed so."""
    return dict(subscribed.get(_DECLARED, {}))


def matches(subscribed: JsonObject, asked: Mapping[str, Any]) -> bool:
    """Whether a message that carries `asked` is for a token that subscribed so."""
    if _DECLARED in subscribed:
        expected: JsonObject = subscribed[_DECLARED]
        return all(key in asked and asked[key] == value for key, value in expected.items())
    known: JsonObject = subscribed.get(_DATA, {})
    return all(key in known and known[key] == value for key, value in asked.items())
