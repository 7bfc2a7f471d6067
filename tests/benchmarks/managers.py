"""What managers open, over HTTP, in a store with any number of cases; and event logs, whose memory must not grow with them."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import IO, cast
from urllib.parse import quote

from sqlalchemy import text

from engine import event_logs, heat, limit_months
from engine.event_logs import LogKind
from engine.persistence.unit_of_work import UnitOfWork
from tests.benchmarks import filling
from tests.benchmarks.filling import KEY
from tests.benchmarks.http import Visitor, serving
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Filled, Stage, median, settle, timed
from tests.builders import start

_REPEATS = 7
_ROLES = (
    "manager", "general_manager", "administrator", "dispatcher", "repair_worker", "customer_service", "cs_supervisor", "cashier", "leasing",
    "security_officer", "security_supervisor", "cleaning_supervisor", "engineering_supervisor", "assistant_manager",
)


def measure(stage: Stage) -> None:
    """At the largest size."""
    size = stage.scale.items[-1]
    filled = filling.filled(stage, size)
    # as a server does by itself every month; a store whose months were never closed counts them all each time
    took, closed = timed(lambda: limit_months.close_due(stage.runtime))
    stage.report.add(Result("managers", stage.backend, f"a month is closed, {size:,} cases", took / max(1, len(closed)), "ms"))
    settle()
    pages(stage, filled, size)
    logs(stage, filled, size)


def pages(stage: Stage, filled: Filled, size: int) -> None:
    """Each page a few times, by somebody who holds every role everywhere."""
    case = _begin(stage, filled)
    with serving(stage) as address:
        visitor = Visitor.signed_in(stage, address, *_ROLES)
        for name, path in _addresses(filled, case).items():
            visitor.get(path)
            times = [timed(lambda path=path: visitor.get(path))[0] for _ in range(_REPEATS)]  # type: ignore[misc]
            stage.report.add(Result("managers", stage.backend, f"{name}, {size:,} cases", median(times), "ms", target="managers.page"))
        visitor.close()


def _begin(stage: Stage, filled: Filled) -> int:
    """A case that runs, unlike those of the pattern."""
    with stage.database.reading() as connection:
        unit = connection.execute(text(f"SELECT code FROM unit WHERE id = {filled.first_unit}")).scalar_one()
    values = {
        "channel": "phone", "called_at": stage.runtime.clock.now().isoformat(), "unit": unit, "caller": "王小明", "phone": "0571-88001234",
        "category": "water", "urgency": "small", "items": "水管滲漏", "charged": "unknown",
    }  # fmt: skip
    return start(stage.runtime, KEY, values, actor=stage.actor).id


def _addresses(filled: Filled, case: int) -> dict[str, str]:
    until = filled.end.date() - timedelta(days=60)
    month = f"since={until - timedelta(days=30)}&until={until}"
    return {
        "today": "/today", "inbox": "/", "cases": "/cases", "open cases": "/cases?state=open", "late cases": "/cases?late=1",
        "cases of a unit": f"/cases?unit_id={filled.first_unit + 17}", "a case": f"/cases/{case}", "audit log": "/audit",
        "audit log of a person": f"/audit?kind=case&person={filled.first_user + 7}", "audit log of a case": "/audit?case=R100000777",
        "audit log of a month": f"/audit?{month}", "heat map of a month": f"/heat/{KEY}?{month}", "limits of a month": f"/limits?{month}",
        "a limit in a month": f"/limits/{KEY}.on_site?{month}", "limits over time": "/limits/over-time",
        "a register": f"/registers/{KEY}/repair_register", "a register's month": f"/registers/{KEY}/repair_register?{month}",
        "board": f"/board?board={KEY}", "search: a number": "/cases?q=R100000777", "search: a unit": "/directory/search?kind=unit&q=A-1517",
        "search: a tenant": f"/dossiers?q={quote('宏達17')}",
        "cases of a person, as a file": f"/lists/cases/file.csv?person={filled.first_user + 7}",
    }  # fmt: skip


def logs(stage: Stage, filled: Filled, size: int) -> None:
    """Events a second, and the most that was in memory meanwhile, over a month and over a year."""
    for days in (30, 365):
        for kind in LogKind:
            took, count = timed(lambda days=days, kind=kind: _write(stage, filled, days, kind))  # type: ignore[misc]
            # once more for its memory: being watched makes it slow
            tracemalloc.start()
            _write(stage, filled, days, kind)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            name = f"{kind.value} of {days} days, {size:,} cases"
            stage.report.add(Result("event log", stage.backend, name, count / took * 1000, "events/s", note=f"{count:,} events"))
            stage.report.add(Result("event log", stage.backend, f"{name}, memory", peak / 2**20, "MB"))


class _Nowhere:
    """Takes what is written."""

    def write(self, part: bytes) -> int:
        """Say that it is gone."""
        return len(part)


def _write(stage: Stage, filled: Filled, days: int, kind: LogKind) -> int:
    with UnitOfWork(stage.database) as uow:
        looked = heat.look(stage.runtime, uow, stage.actor, KEY, filled.end - timedelta(days=days), filled.end)
        return event_logs.write(stage.runtime, uow, stage.actor, looked, kind, cast("IO[bytes]", _Nowhere()))
