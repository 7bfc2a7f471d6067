"""Fills an empty store with the example company, once; tells whether a store was filled, and how to sign in to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from engine import definitions
from engine.clock import MovableClock
from engine.company import users
from engine.demo import books, news, year
from engine.demo.company import create_people, create_places, read_example
from engine.demo.working import Company
from engine.errors import ConflictError
from engine.i18n import translate
from engine.model import SYSTEM
from engine.persistence.tables import definition, history_event, instance, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import NoOutbox, Runtime


class DemoUnfinishedError(ConflictError):
    """Expected an empty store or a whole example: this one was cut off while it was filled."""

    code = "demo_unfinished"
    sentence = "上次填入示範公司中途停止，只到 {until}，資料不完整，無人能登入。請刪除 {store} 後重新執行，或另選資料庫。"


class DemoRefusedError(ConflictError):
    """The store holds something already, and an example must never mix with it."""

    code = "store_not_empty"
    sentence = "資料庫不是空的，不能填入示範公司。請另選資料庫，或先刪除 {store}。"


def is_filled(runtime: Runtime) -> bool:
    """Whether `fill` went through to its end here: the administrator comes last."""
    last = read_example(runtime.settings.bpmn).people[-1]
    with UnitOfWork(runtime.database) as uow:
        return users.find_by_name(uow, last["username"]) is not None


def fill(runtime: Runtime, tell: Callable[[int, int], None] = lambda _begun, _all: None) -> None:
    """Make the company, deploy the procedures and let it work up to now. DemoRefusedError unless the store is empty.

    Everything happens by the services on a clock of its own that starts some days ago; nothing is sent.
    `tell` hears how many cases of how many have begun.
    """
    _require_empty(runtime)
    example = read_example(runtime.settings.bpmn)
    now = runtime.clock.now()
    clock = MovableClock(Company.earliest(example, now) - timedelta(hours=1))
    past = replace(runtime, clock=clock, outbox=NoOutbox())
    *staff, administrator = example.people
    with UnitOfWork(past.database) as uow:
        create_places(past, uow, example)
        create_people(past, uow, example, staff)
        uow.commit()
    books.keep(past, clock.now())
    for procedure in read_procedures([runtime.settings.bpmn]):
        with UnitOfWork(past.database) as uow:
            definitions.deploy(past, uow, SYSTEM, procedure.files, procedure=procedure.name)
            uow.commit()
    for begun in Company(past, clock, example).work(now):
        tell(begun, len(example.cases["case"]))
    news.settle(past, clock.now())
    with UnitOfWork(past.database) as uow:
        create_people(past, uow, example, [administrator])
        uow.commit()


def fill_year(runtime: Runtime, tell: Callable[[datetime, int], None] = lambda _at, _begun: None) -> year.Report:
    """Make the company with a year of history, in which its people worked up to now. DemoRefusedError, DemoUnfinishedError.

    `tell` hears how far the year has come and how many cases have begun.
    """
    _require_empty(runtime)
    return year.play(runtime, read_example(runtime.settings.bpmn), tell=tell)


def sign_ins(runtime: Runtime, locale: str) -> list[str]:
    """One line a role: its name, who holds it, sign-in name and password."""
    example = read_example(runtime.settings.bpmn)
    lines = []
    for role in runtime.organisation.roles.values():
        person = next((person for person in example.people if role.id in person["roles"]), None)
        name = role.name_en if locale == "en" and role.name_en else translate(locale, role.name)
        if person is not None:
            lines.append(f"{person['username']:<10}{example.password}  {name}, {person['name']}")
    return lines


def _require_empty(runtime: Runtime) -> None:
    store = runtime.database.url.render_as_string(hide_password=True)
    with UnitOfWork(runtime.database) as uow:
        counted = [uow.reading.execute(select(func.count()).select_from(table)).scalar() for table in (site, user, definition, instance)]
        codes = set(uow.reading.execute(select(site.c.code)).scalars())
        until: datetime | None = uow.reading.execute(select(func.max(history_event.c.at))).scalar()
    if not any(counted):
        return
    if codes == {read_example(runtime.settings.bpmn).company["site"]["code"]} and not is_filled(runtime):
        raise DemoUnfinishedError(until=f"{until:%Y-%m-%d}" if until else "—", store=store)
    raise DemoRefusedError(store=store)
