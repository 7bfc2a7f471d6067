"""The example company with a year of history, played by the engine on a clock of its own. Nothing is inserted, nothing leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event

from engine import definitions
from engine.clock import MovableClock
from engine.demo import news
from engine.demo.company import Example, create_people, create_places, let_in
from engine.demo.working import Company
from engine.demo.year.managers import Managers
from engine.demo.year.places import Places
from engine.demo.year.plan import Plan, read_plan
from engine.demo.year.playing import Effects, Player, Refused
from engine.demo.year.staff import Staff
from engine.model import SYSTEM
from engine.persistence.database import Database
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import Procedure, read_procedures
from engine.runtime import Runtime

#: how long the history is
DAYS = 365


@dataclass(frozen=True, slots=True)
class Report:
    """What became of it."""

    begun: int
    #: acts that the engine refused to the end; empty unless the example's files are wrong
    refused: tuple[Refused, ...]


def play(
    runtime: Runtime, example: Example, *, days: int = DAYS, share: float = 1.0, with_last_days: bool = True,
    tell: Callable[[datetime, int], None] = lambda _at, _begun: None,
) -> Report:
    """Make the company and let it work for so many days up to now, in an empty store.

    `share`: of what usually comes in; `with_last_days`: with the cases of the small example at its end. `tell` hears how far the clock
    is and how many cases have begun. Nobody can sign in until it is whole.
    """
    now = runtime.clock.now()
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    first = now.astimezone(zone).date() - timedelta(days=days)
    plan = read_plan(runtime.settings.bpmn, first, now.astimezone(zone).date(), runtime.organisation.calendar, share)
    clock, effects = MovableClock(plan.moment(first, time(6))), Effects()
    with _hasty(runtime) as database:
        past = replace(runtime, clock=clock, outbox=effects, database=database)
        *staff, administrator = example.people
        with UnitOfWork(past.database) as uow:
            create_places(past, uow, example)
            create_people(past, uow, example, staff, can_sign_in=False)
            uow.commit()
        for procedure in _as_they_were(read_procedures([runtime.settings.bpmn]), plan):
            with UnitOfWork(past.database) as uow:
                definitions.deploy(past, uow, SYSTEM, procedure.files, procedure=procedure.name)
                uow.commit()
        people = Staff(past, plan, [person["username"] for person in staff])
        rates = {building["code"]: Decimal(building["fee_rate"]) for building in example.company["building"]}
        last_days = {told["unit"] for told in example.cases["case"]} if with_last_days else set()
        player = Player(past, clock, effects, plan, people, Places(past, rates, last_days))
        player.plan_arrivals()
        if with_last_days:
            # what the small example tells of its last days happens here too, at its times
            told = Company(past, clock, example, player.at)
            player.left_alone = told.instances
            told.plan(now)
        Managers(past, plan, player, people).plan(clock.now())
        for at in player.play(now):
            tell(at, player.begun)
        news.settle(past, clock.now())
        with UnitOfWork(past.database) as uow:
            create_people(past, uow, example, [administrator], can_sign_in=False)
            let_in(uow, example)
            uow.commit()
    return Report(player.begun, tuple(player.refused))


def _as_they_were(procedures: list[Procedure], plan: Plan) -> Iterator[Procedure]:
    """The procedures as they stood before the version of the year was deployed."""
    told: Any = plan.told.get("version")
    for each in procedures:
        if told is None or each.name != told["procedure"]:
            yield each
            continue
        files = dict(each.files)
        for change in told["earlier"]:
            files[change["file"]] = files[change["file"]].replace(change["present"].encode(), change["was"].encode())
        yield replace(each, files=files)


@contextmanager
def _hasty(runtime: Runtime) -> Iterator[Database]:
    """The store by connections that don't wait for the disk: what a power cut spoils here is made again."""
    if not runtime.database.is_sqlite:
        yield runtime.database
        return
    database = Database(runtime.database.url, pool_size=2)

    @event.listens_for(database.engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    try:
        yield database
    finally:
        database.close()
