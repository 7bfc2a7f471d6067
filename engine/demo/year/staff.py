"""The example company's people: who of a role does something, and when they come to it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.company import account_rows, users
from engine.company.account_rows import Account
from engine.demo.year.plan import Plan
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: of those who come late to what waits since yesterday, the first minutes of the day
_MORNING = timedelta(minutes=50)
_FARTHEST = 40


class Staff:
    """Knows accounts by role, absences and working time."""

    def __init__(self, runtime: Runtime, plan: Plan, usernames: Iterable[str]) -> None:
        self._runtime = runtime
        self._plan = plan
        hours = plan.told["hours"]
        self._desk = tuple(time.fromisoformat(text) for text in hours["desk"])
        self._hours: Mapping[str, str] = hours["roles"]
        self._share: Mapping[str, list[float]] = plan.told.get("share", {})
        #: (username, first day, first day after) of those who are away
        self._away = [(each["who"], plan.day_of(each["from"]), each["days"]) for each in plan.told.get("absent", ())]
        self._away += [(who, plan.day_of(each["from"]), each["days"]) for each in plan.told.get("slow", ()) for who in each.get("away", ())]
        with UnitOfWork(runtime.database) as uow:
            found = (users.find_by_name(uow, username) for username in usernames)
            self._people = [account for account in found if account is not None]
        self._actors: dict[tuple[int, date], Actor] = {}

    def is_away(self, username: str, day: date) -> bool:
        """Whether somebody is ill, on leave or lent elsewhere."""
        return any(who == username and since <= day < since + timedelta(days=days) for who, since, days in self._away)

    def named(self, username: str) -> Account:
        """Somebody by sign-in name."""
        return next(account for account in self._people if account.username == username)

    def holders(self, role: str) -> list[Account]:
        """Everybody with a role, the foremost first."""
        return [account for account in self._people if any(grant.role == role for grant in account.grants)]

    def holder(self, role: str, chance: random.Random, now: datetime) -> Account:
        """Somebody with a role who is there; who stands in for the only one, where nobody else is."""
        day = self._day(now)
        holders = self.holders(role)
        weights = dict(zip((each.id for each in holders), self._share.get(role, ()), strict=False))
        there = [each for each in holders if not self.is_away(each.username, day)]
        if not there:
            stand_in = next((each["substitute"] for each in self._plan.told.get("absent", ()) if each["who"] == holders[0].username), None)
            return holders[0] if stand_in is None else self.named(stand_in)
        return chance.choices(there, [weights.get(each.id, 1.0) for each in there])[0]

    def actor(self, account: Account, now: datetime) -> Actor:
        """The person as services take it on that day, with whomever they stand in for."""
        key = (account.id, self._day(now))
        if key not in self._actors:
            with UnitOfWork(self._runtime.database) as uow:
                found = account_rows.by_id(uow, account.id, self._runtime.clock.now())
            self._actors[key] = (found or account).actor()
        return self._actors[key]

    def by_id(self, user_id: int) -> Account:
        """Somebody by id."""
        return next(account for account in self._people if account.id == user_id)

    # -- when

    def comes_to_it(self, role: str, since: datetime, told: Mapping[str, Any], after: timedelta, chance: random.Random) -> datetime:
        """When somebody of the role has done what opened at `since` and takes about `after`."""
        slow = self._plan.slowness(role, self._day(since))
        length = after * slow * math.exp(chance.gauss(0.0, told.get("spread", 0.45)))
        return self._next_open(told.get("working") or self._hours.get(role, "office"), since + length, chance)

    def _next_open(self, hours: str, at: datetime, chance: random.Random) -> datetime:
        if hours == "always":
            return at
        local = at.astimezone(self._plan.zone)
        for number in range(_FARTHEST):
            day = local.date() + timedelta(days=number)
            for opens, closes in self._open_on(hours, day):
                if local <= closes:
                    early = opens + _MORNING * chance.random() + timedelta(seconds=chance.randrange(60))
                    return max(local, early) if local < opens else local
        return at

    def _open_on(self, hours: str, day: date) -> list[tuple[datetime, datetime]]:
        if hours == "desk":
            opens, closes = self._desk
            return [(self._plan.moment(day, opens), self._plan.moment(day, closes))]
        if hours != "office":
            raise ValueError(hours)
        return self._plan.calendar.intervals(day)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._plan.zone).date()
