"""A half-yearly survey over every settled tenant, from the plan to the analysis, with what each part of it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select

from engine import instances, limit_figures, work_items
from engine.clock import MovableClock
from engine.instances import run_step
from engine.jobs import inline
from engine.limit_figures import Measured
from engine.model import Actor, RoleGrant
from engine.persistence import tables
from engine.persistence.tables import instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limits import LimitFilters
from engine.runtime import Runtime
from tests.builders import deploy_folder, make_building, make_site, make_user

SCORES = ("repair", "attitude", "cleaning", "security", "green", "facilities", "complaints", "fees")
#: of twenty tenants: heard at first, out at first and heard five days later, refusing; nobody asks the others in time
HEARD, LATER, REFUSED = 15, 3, 1


@dataclass(frozen=True, slots=True)
class Survey:
    """What came of it."""

    #: linked cases there are
    interviews: int
    #: what the survey's own data say when the analysis is due
    data: dict[str, Any]
    asked: Measured
    index: Measured
    #: seconds for all: to start them, to hold the first round, to count them
    starting: float
    asking: float
    counting: float


def hold(runtime: Runtime, clock: MovableClock, tenants: int) -> Survey:
    """Settle so many tenants (a multiple of twenty), start the survey, hold both rounds up to the analysis."""
    for folder in ("follow_up", "survey_interview", "satisfaction_survey"):
        deploy_folder(runtime, folder)
    _settle(runtime, tenants)
    everybody = make_user(runtime, *runtime.organisation.roles).actor
    survey = run_step(runtime, lambda uow: instances.start(runtime, uow, everybody, "satisfaction_survey", {}))
    _do(runtime, everybody, "plan_survey", [{"subject": "2026", "target": 90, "planned_at": clock.now().isoformat()}])
    starting = _timed(lambda: inline.advance(runtime, clock, timedelta(minutes=1), most=tenants))
    answers = [_answer(clock, "answered" if n % 20 < HEARD else "unreachable" if n % 20 < HEARD + LATER else "refused")
               for n in range(tenants) if n % 20 < HEARD + LATER + REFUSED]  # fmt: skip
    asking = _timed(lambda: _do(runtime, everybody, "ask_opinions", answers))
    inline.advance(runtime, clock, timedelta(days=6), most=tenants * 2)
    counting = _timed(lambda: inline.advance(runtime, clock, timedelta(days=24), most=tenants * 2))
    _do(runtime, everybody, "plan_second_round", [{"arrangement": "逐戶上門", "arranged_at": clock.now().isoformat()}])
    again = tenants // 20 * LATER
    # who was out is asked again, by new items; the others were never reached
    _do(runtime, everybody, "ask_opinions", [_answer(clock, "answered")] * again, newest=True)
    inline.advance(runtime, clock, timedelta(days=14), most=tenants * 2)
    reader = Actor(everybody.user_id, everybody.name, frozenset({RoleGrant("manager", None)}))
    with UnitOfWork(runtime.database) as uow:
        linked = uow.reading.execute(select(func.count()).select_from(instance).where(instance.c.parent_id == survey.id)).scalar_one()
        data = instances.inspect(runtime, uow, survey.id).variables
    # the survey closes on those whom nobody asked
    inline.advance(runtime, clock, timedelta(days=2), most=tenants * 2)
    with UnitOfWork(runtime.database) as uow:
        asked, index = (limit_figures.measure(runtime, uow, reader, LimitFilters(limit_id=f"survey_interview.{name}"))
                        for name in ("asked", "satisfaction_index"))  # fmt: skip
    return Survey(linked, data, asked, index, starting, asking, counting)


def _settle(runtime: Runtime, tenants: int) -> None:
    site = make_site(runtime)
    building = make_building(runtime, site_id=site)
    since = runtime.clock.now() - timedelta(days=365)
    with runtime.database.writing() as connection:
        for number in range(1, tenants + 1):
            place = {"site_id": site, "building_id": building, "code": f"S-{number:05}", "area": 80}
            flat = connection.execute(insert(tables.unit).values(**place).returning(tables.unit.c.id)).scalar_one()
            who = {"code": f"S{number:05}", "name": f"業戶{number}"}
            tenant = connection.execute(insert(tables.tenant).values(**who).returning(tables.tenant.c.id)).scalar_one()
            connection.execute(insert(tables.tenancy).values(unit_id=flat, tenant_id=tenant, started_at=since))


def _answer(clock: MovableClock, outcome: str) -> dict[str, Any]:
    scores = dict.fromkeys(SCORES, 5) if outcome == "answered" else {"attempts_note": "兩次無人"}
    return {"channel": "phone", "asked_at": clock.now().isoformat(), "outcome": outcome, **scores}


def _do(runtime: Runtime, actor: Actor, element_id: str, answers: list[dict[str, Any]], *, newest: bool = False) -> None:
    """Complete the first open items of an element, each with its answer."""
    with UnitOfWork(runtime.database) as uow:
        open_items = select(work_item.c.id, work_item.c.form_key).where(work_item.c.element_id == element_id, work_item.c.is_live)
        items = uow.reading.execute(open_items.order_by(work_item.c.id.desc() if newest else work_item.c.id).limit(len(answers))).all()
    assert len(items) == len(answers), (element_id, len(items), len(answers))
    for item, answer in zip(items, answers, strict=True):
        run_step(runtime, lambda uow, of=item, said=answer: work_items.complete(runtime, uow, actor, of.id, {of.form_key: said}))  # type: ignore[misc]


def _timed(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
