"""A store in which a simple procedure was worked for a while: rows as the services leave them, many at once, to be learned from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log
from typing import Any

from sqlalchemy import insert

from engine.model import Channel
from engine.persistence.tables import history_event, instance, work_item
from engine.runtime import Runtime
from tests.builders import Definition


def told(result: dict[str, Any]) -> type:
    """Stands for `engine.what_if.worker.Worker`: has played already, and says what came of it."""

    class _Told:
        share = 1.0

        def __init__(self, _request: object) -> None:
            """Nothing is started."""

        def __enter__(self) -> _Told:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing runs."""

        def hear(self, _seconds: float) -> dict[str, Any]:
            return {"result": result}

    return _Told


def exponential(mean: float, count: int) -> list[float]:
    """Lengths that are spread as an exponential distribution is, without any chance."""
    return [-mean * log(1 - (number + 0.5) / count) for number in range(count)]


def work_through(
    runtime: Runtime, process: Definition, starts: Sequence[datetime], lengths: Sequence[float], people: Sequence[int], *,
    role: str = "customer_service", element: str = "do_errand", first: int = 1_000_000,
) -> None:
    """Cases that began then, each taken a minute after and completed after its length in seconds by the people in turn. `first`: their
    ids, above those that the store itself gives.
    """
    cases, items, events = [], [], []
    with runtime.database.writing() as connection:
        for number, began in enumerate(starts):
            identity = first + number
            claimed = began + timedelta(minutes=1)
            done = claimed + timedelta(seconds=lengths[number % len(lengths)])
            person = people[number % len(people)]
            token = f"{number:032x}"
            cases.append({"id": identity, "definition_id": process.id, "definition_key": process.key, "version": 2, "state": "completed",
                          "started_at": began, "moved_at": done, "ended_at": done, "data": b"", "history_seq": 2})  # fmt: skip
            items.append({"instance_id": identity, "token": token, "element_id": element, "name": element, "definition_id": process.id,
                          "definition_key": process.key, "role": role, "state": "completed", "is_live": False, "created_at": began,
                          "claimed_at": claimed, "completed_at": done, "completed_by": person})  # fmt: skip
            event = {"instance_id": identity, "channel": Channel.DESK, "definition_id": process.id, "digest": b"\0" * 32}
            events.append({**event, "seq": 1, "type": "instance.started", "at": began, "element_id": "start", "token": None})
            events.append({**event, "seq": 2, "type": "work_item.completed", "at": done, "element_id": element, "token": token})
        connection.execute(insert(instance), cases)
        connection.execute(insert(work_item), items)
        connection.execute(insert(history_event), events)
