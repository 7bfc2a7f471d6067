"""The movable clock of a server that was started with `--test-clock`; elsewhere these calls don't exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import isodate

from engine import month_pack
from engine.clock import MovableClock
from engine.errors import FieldError
from engine.jobs.inline import advance
from engine.permissions import require
from webui.api import schemas
from webui.api.calls import Call, Calls
from webui.api.errors import RequestInvalidError

calls = Calls("test_clock", "Only where the server was started with --test-clock")

#: farthest that one call moves the clock
_FARTHEST = timedelta(days=3_700)


@calls.command("/test-clock", takes=schemas.Advance, gives=schemas.ClockView)
def advance_test_clock(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Move the clock forward; what falls due on the way is done, in order, before the answer."""
    require(call.actor, "test-clock:advance")
    clock = call.runtime.clock
    assert isinstance(clock, MovableClock)
    by = _duration(body["advance"], call)

    def move() -> None:
        advance(call.runtime, clock, by)
        month_pack.close_due(call.runtime)

    # after the commit, so that a repeated request, whose response is remembered in it, does not move the clock again
    call.uow.after_commit(move)
    return {"now": clock.now() + by}


@calls.lookup("/test-clock", gives=schemas.ClockView)
def get_test_clock(call: Call) -> dict[str, Any]:
    """The present moment by the server's clock."""
    return {"now": call.runtime.clock.now()}


def _duration(text: str, call: Call) -> timedelta:
    now = call.runtime.clock.now()
    try:
        parsed = isodate.parse_duration(text)
        by: timedelta = parsed.totimedelta(start=now) if isinstance(parsed, isodate.Duration) else parsed
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        by = timedelta(-1)
    if not timedelta(0) <= by <= _FARTHEST:
        sentence = "「{value}」不是往前的 ISO 8601 時長，例如 PT20M。"
        raise RequestInvalidError([FieldError("advance", "duration", sentence, {"field": "advance", "value": text})])
    return by
