"""What those who run the example company do over the year: step in, stand in, change a target, deploy a version, close months."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, select

from engine import (
    definitions,
    intervention_runs,
    limit_setting,
    migration_runs,
    month_pack,
    notifications,
    reindexing,
    saved_filters,
)
from engine.company import substitutes, users
from engine.company.account_rows import Account
from engine.demo.year.answers import length
from engine.demo.year.plan import Arrival, Plan
from engine.demo.year.playing import Player
from engine.demo.year.staff import Staff
from engine.errors import GuichengError
from engine.interventions import Order, Verb
from engine.model import InstanceState
from engine.persistence.tables import instance, intervention_case, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import Runtime

#: what was told longer ago was read
_READ = timedelta(hours=12)
#: of the cases that an order could be about, those that come into question
_AMONG = 8


class Managers:
    """Puts what managers do on the agenda."""

    def __init__(self, runtime: Runtime, plan: Plan, player: Player, staff: Staff) -> None:
        self._runtime = runtime
        self._plan = plan
        self._player = player
        self._staff = staff
        self._manager = staff.holders("manager")[0]

    def plan(self, begins: datetime) -> None:
        """Everything that is told, from when the year begins."""
        told = self._plan.told
        for day in self._plan.days():
            self._at(day, time(0, 20), partial(self._keep_house, day))
        for number, order in enumerate(told.get("order", ())):
            if "on" in order:
                self._at(self._plan.day_of(order["on"]), time(16, 20), partial(self._order, order, self._plan.draw("order", number)))
                continue
            chance = self._plan.draw("order", number)
            ahead = chance.uniform(0, order["every"])
            while (day := self._plan.first + timedelta(days=int(ahead))) <= self._plan.last:
                clock = time(9 + chance.randrange(8), chance.randrange(60))
                self._at(day, clock, partial(self._order, order, self._plan.draw("order", number, day)))
                ahead += order["every"] * chance.uniform(0.6, 1.4)
        for mending in told.get("mend", ()):
            day = self._plan.first + timedelta(days=mending["every"])
            while day <= self._plan.day_of(mending["until"]):
                self._at(day, time(10, 50), partial(self._mend, mending))
                day += timedelta(days=mending["every"])
        for held in told.get("held", ()):
            self._at(self._plan.day_of(held["begins"]), time.fromisoformat(held["at"]), partial(self._hold, held))
        for absent in told.get("absent", ()):
            self._at(self._plan.day_of(absent["from"]), time(7, 30), partial(self._stand_in, absent))
        for target in told.get("target", ()):
            self._at(self._plan.day_of(target["set_on"]), time(16, 10), partial(self._ask_for, target))
        if "version" in told:
            self._at(self._plan.day_of(told["version"]["on"]), time(18, 5), partial(self._deploy, told["version"]))
        for view in told.get("view", ()):
            self._player.at(begins, partial(self._keep_view, view))

    def _at(self, day: date, clock: time, act: Any) -> None:
        if self._plan.first < day <= self._plan.last:
            self._player.at(self._plan.moment(day, clock), act)

    # -- every night

    def _keep_house(self, day: date) -> None:
        month_pack.close_due(self._runtime)
        now = self._runtime.clock.now()
        with UnitOfWork(self._runtime.database) as uow:
            notifications.forget(uow, now - timedelta(days=self._runtime.settings.notification_days))
            if day.weekday() == 0:
                self._read_news(uow, now)
            uow.commit()

    def _read_news(self, uow: UnitOfWork, now: datetime) -> None:
        query = select(notification.c.id).where(notification.c.made_at < now - _READ).order_by(notification.c.id.desc()).limit(1)
        old = uow.reading.execute(query).scalar() or 0
        for person in users.list_all(uow):
            notifications.mark_all_read(self._runtime, uow, person.actor(), old)

    # -- stepping in

    def _order(self, told: Mapping[str, Any], chance: random.Random) -> None:
        found = self._standing(told)
        if not found:
            return
        item = chance.choice(found)
        verb, reason = Verb(told["verb"]), chance.choice(told["reasons"])
        assignee = self._another(told["to"], item, chance) if "to" in told else None
        if "to" in told and assignee is None:
            return
        order = Order(
            verb, reason, assignee_id=assignee.id if assignee else None, hours=told.get("hours"), variable=told.get("variable", ""),
            value=told.get("value"), step=told.get("to_step", ""),
        )
        run_id = self.intervene(order, [item.instance_id])
        if "resume_after" in told:
            until = self._runtime.clock.now() + timedelta(days=told["resume_after"])
            again = Order(Verb.RESUME, "可以繼續處理。")
            self._player.at(until, partial(self._resume, again, item.instance_id))
        if run_id is not None and chance.random() < told.get("undo", 0):
            self._player.at(self._runtime.clock.now() + timedelta(minutes=6), partial(self._undo, run_id))

    def _resume(self, order: Order, instance_id: int) -> None:
        self.intervene(order, [instance_id])
        self._player.plan_again(instance_id)

    def intervene(self, order: Order, cases: Sequence[int]) -> int | None:
        """Carry an order of the manager out on cases; the run's id, None where it was refused."""
        actor = self._staff.actor(self._manager, self._runtime.clock.now())
        try:
            with UnitOfWork(self._runtime.database) as uow:
                run_id = intervention_runs.begin(self._runtime, uow, actor, order, cases)
                uow.commit()
            intervention_runs.carry_out(self._runtime, run_id, actor)
        except GuichengError:
            # the case has gone on in a way that the order no longer fits: the manager lets it be
            return None
        return run_id

    def _undo(self, run_id: int) -> None:
        actor = self._staff.actor(self._manager, self._runtime.clock.now())
        with UnitOfWork(self._runtime.database) as uow:
            intervention_runs.undo(self._runtime, uow, actor, run_id)
            uow.commit()
        intervention_runs.carry_back(self._runtime, run_id, actor)
        with UnitOfWork(self._runtime.database) as uow:
            cases = uow.reading.execute(
                select(intervention_case.c.instance_id).where(intervention_case.c.intervention_id == run_id)).scalars().all()
        for each in cases:
            self._player.plan_again(each)

    def _standing(self, told: Mapping[str, Any]) -> Sequence[Row[int, int | None, str]]:
        query = (
            select(work_item.c.instance_id, work_item.c.assignee_id, work_item.c.element_id)
            .join(instance, instance.c.id == work_item.c.instance_id)
            .where(work_item.c.is_live, instance.c.state == InstanceState.ACTIVE)
        )
        if "process" in told:
            query = query.where(instance.c.definition_key == told["process"])
        if "steps" in told:
            query = query.where(work_item.c.element_id.in_(told["steps"]))
        if told.get("only_late"):
            query = query.where(instance.c.late_since.is_not(None))
        if told["verb"] == Verb.DUE:
            query = query.where(work_item.c.due_at.is_not(None))
        with UnitOfWork(self._runtime.database) as uow:
            found = uow.reading.execute(query.order_by(work_item.c.id.desc()).limit(_AMONG)).all()
        return [row for row in found if row.instance_id not in self._player.left_alone]

    def _mend(self, told: Mapping[str, Any]) -> None:
        """Put right what cases failed at, and let them go on."""
        query = select(instance.c.id).where(instance.c.state == InstanceState.INCIDENT, instance.c.definition_key == told["process"])
        with UnitOfWork(self._runtime.database) as uow:
            failed = uow.reading.execute(query.order_by(instance.c.id)).scalars().all()
        if failed:
            self.intervene(Order(Verb.CORRECT, told["reason"], variable=told["variable"], value=told["value"]), failed)
            self.intervene(Order(Verb.RETRY, told["reason"]), failed)

    def _hold(self, told: Mapping[str, Any]) -> None:
        """Begin a case, let it rest, and let it go on much later."""
        now = self._runtime.clock.now()
        key = f"held-{told['story']}"
        story = self._plan.story(told["process"], key, now.date(), told["story"])
        instance_id = self._player.begin(Arrival(now, told["process"], key, story))
        if instance_id is None:
            return
        rest = Order(Verb.SUSPEND, told["suspended_why"])
        self._player.at(now + length(told["suspended_after"]), partial(self.intervene, rest, [instance_id]))
        again = partial(self._resume, Order(Verb.RESUME, told["resumed_why"]), instance_id)
        self._at(self._plan.day_of(told["resumed"]), time(9, 40), again)

    def _another(self, role: str, item: Row[int, int | None, str], chance: random.Random) -> Account | None:
        today = self._runtime.today()
        there = [each for each in self._staff.holders(role) if not self._staff.is_away(each.username, today)]
        others = [each for each in there if each.id != item.assignee_id]
        return chance.choice(others) if others else None

    # -- once

    def _stand_in(self, told: Mapping[str, Any]) -> None:
        absent, stand_in = self._staff.named(told["who"]), self._staff.named(told["substitute"])
        starts = self._runtime.clock.now()
        with UnitOfWork(self._runtime.database) as uow:
            substitutes.appoint(
                self._runtime, uow, self._manager.actor(), absent_id=absent.id, substitute_id=stand_in.id, starts_at=starts,
                ends_at=starts + timedelta(days=told["days"]), note=told["note"],
            )
            uow.commit()

    def _ask_for(self, told: Mapping[str, Any]) -> None:
        since = self._plan.day_of(told["from"])
        with UnitOfWork(self._runtime.database) as uow:
            limit_setting.set_target(self._runtime, uow, self._manager.actor(), told["limit"], told["ask"], since, told["reason"])
            uow.commit()

    def _keep_view(self, told: Mapping[str, Any]) -> None:
        actor = self._staff.named(told["who"]).actor()
        with UnitOfWork(self._runtime.database) as uow:
            saved_filters.save(self._runtime, uow, actor, told["list"], told["name"], told["query"])
            uow.commit()

    def _deploy(self, told: Mapping[str, Any]) -> None:
        """The present files take the place of what they were; cases that run move, those that failed are tried again."""
        procedure = next(each for each in read_procedures([self._runtime.settings.bpmn]) if each.name == told["procedure"])
        designer = self._staff.holders("process_designer")[0].actor()
        with UnitOfWork(self._runtime.database) as uow:
            deployed = definitions.deploy(self._runtime, uow, designer, procedure.files, note=told["note"], procedure=procedure.name)
            uow.commit()
        for info in deployed.definitions:
            reindexing.settle(self._runtime, info.id)
        to = next(info for info in deployed.definitions if info.key == told["process"])
        with UnitOfWork(self._runtime.database) as uow:
            running = select(instance.c.id, instance.c.state).where(
                instance.c.definition_key == to.key, instance.c.definition_id != to.id,
                instance.c.state.in_((InstanceState.ACTIVE, InstanceState.INCIDENT)))
            rows = uow.reading.execute(running.order_by(instance.c.id)).all()
            moved = [row.id for row in rows if row.id not in self._player.left_alone]
            if not moved:
                return
            run_id = migration_runs.begin(self._runtime, uow, designer, to.id, [migration_runs.Chosen(moved, {})], told["reason"])
            uow.commit()
        migration_runs.carry_out(self._runtime, run_id)
        failed = [row.id for row in rows if row.state == InstanceState.INCIDENT]
        if failed:
            self.intervene(Order(Verb.RETRY, told["reason"]), failed)
        for each in moved:
            self._player.plan_again(each)
