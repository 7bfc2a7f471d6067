"""The work of a play: what waits for people, who does it when, and whether that was in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol

from engine import openings
from engine.model import JsonObject
from engine.runtime import Runtime
from engine.signature_rules import Part, PartState, stand
from engine.what_if.agenda import Agenda
from engine.what_if.cases import Case, Item
from engine.what_if.durations import MOST_WORK
from engine.what_if.figures import Tally
from engine.what_if.learning import Learned
from engine.what_if.people import Job, Office, Person

#: what has no time to be done by is taken to have this long: it must not wait for ever behind what has
_NO_DUE = timedelta(days=14)
#: seconds of a step at least: a case that goes in circles must not do so without time passing
_SHORTEST = 10.0


class Complete(Protocol):
    """What follows when an item is done; `found`: what a signature chain came to."""

    def __call__(self, case: Case, item: Item, found: JsonObject | None = None) -> None:
        """Let the case go on."""
        ...


class Floor:
    """Where people work."""

    def __init__(
        self, runtime: Runtime, learned: Learned, office: Office, tally: Tally, agenda: Agenda, luck: str, complete: Complete
    ) -> None:
        """`luck`: names the chances of this play."""
        self._runtime, self._learned, self._office, self._tally, self._agenda = runtime, learned, office, tally, agenda
        self._luck, self._complete = luck, complete

    def open(self, case: Case, opening: openings.Opening, *, created: datetime | None = None, due: datetime | None = None,
              holder: int | None = None) -> None:
        """Something waits for a person from now on; `created` and `due`: of what waited before the play."""
        item = Item(
            opening.item.token, opening.element, opening.definition_key, opening.role, created or opening.created_at,
            opening.due_at if created is None else due, opening.outside is not None,
        )
        item.was_late = item.due is not None and item.due <= self._learned.now
        case.items[item.token] = item
        if opening.signers:
            item.parts = [(Part(number, signer.step, PartState.WAITING), signer.role) for number, signer in enumerate(opening.signers)]
            self._take_turns(case, item)
        elif item.is_outside:
            self._from_outside(case, item)
        else:
            self._queue(case, item, holder)

    def _from_outside(self, case: Case, item: Item) -> None:
        length = self._length(case, item, "")
        self._agenda.at(item.created + timedelta(seconds=length), partial(self._outside_done, case, item))

    def _outside_done(self, case: Case, item: Item) -> None:
        if case.items.get(item.token) is item:
            self._complete(case, item)

    def _queue(self, case: Case, item: Item, holder: int | None, done: Callable[[], None] | None = None, part: str = "") -> None:
        targets = [moment for moment in (item.due, case.measured.next_target()) if moment is not None]
        due = min(targets, default=item.created + _NO_DUE).timestamp()
        length, now = self._length(case, item, part), self._agenda.seconds
        job = Job(item.role, case.site_id, item.created.timestamp(), due, min(length, MOST_WORK), holder)
        job.done = done or partial(self._complete, case, item)
        item.job = job
        if length > MOST_WORK and item.created >= self._learned.now:
            # an appointment, a night between: nobody is held up by it
            job.created = self._office.hours_of(item.role).after(now, length - MOST_WORK)
            self._agenda.at_seconds(job.created, partial(self._line_up, job))
        else:
            self._line_up(job)

    def _line_up(self, job: Job) -> None:
        if job.is_gone:
            return
        person = self._office.add(job, self._agenda.seconds)
        if person is not None:
            self._work(person, job)

    def _work(self, person: Person, job: Job) -> None:
        now = self._agenda.seconds
        hours = self._office.hours_of(job.role)
        self._tally.waited(job.role, job.created, now, hours, is_counted=job.created >= self._tally.begin)
        ends = hours.after(now, job.length)
        self._tally.worked(person, now, min(ends, self._tally.end), hours)
        self._agenda.at_seconds(ends, partial(self._done, person, job))

    def _done(self, person: Person, job: Job) -> None:
        person.job = None
        if not job.is_gone and job.done is not None:
            job.is_gone = True
            job.done()
        if person.job is None:
            following = self._office.next_for(person, self._agenda.seconds)
            if following is not None:
                self._work(person, following)

    def begin_work(self) -> None:
        for person, job in self._office.begin_work(self._agenda.seconds):
            self._work(person, job)

    def withdraw(self, case: Case, token: str) -> None:
        item = case.items.pop(token, None)
        if item is None:
            return
        self.judge(item, self._agenda.now)
        self._let_go(item)

    def _let_go(self, item: Item) -> None:
        """Nobody has to do it any more; who is at it comes to the end of it all the same."""
        for job in (each.job for each in (item, *item.turns)):
            if job is None or job.is_gone:
                continue
            job.is_gone = True
            now = self._agenda.seconds
            if job.taken is None and job.created < now:
                hours = self._office.hours_of(job.role)
                self._tally.waited(job.role, job.created, now, hours, is_counted=job.created >= self._tally.begin)

    def judge(self, item: Item, now: datetime) -> None:
        """Whether it was done in the time that the diagram gives it; what was late before is not counted again."""
        if item.due is not None and not item.was_late:
            self._tally.measure("step", f"{item.process}/{item.element.id}", is_missed=now > item.due)

    def close(self) -> None:
        """The weeks are over: what still waits has waited so long."""
        for job in self._office.waiting():
            hours = self._office.hours_of(job.role)
            self._tally.waited(job.role, job.created, self._tally.end, hours, is_counted=job.created >= self._tally.begin)

    # ------------------------------------------------------------ signature chains

    def _take_turns(self, case: Case, item: Item) -> None:
        standing = stand([part for part, _ in item.parts], item.element.signature_rule)
        if standing.outcome is not None:
            key = item.element.form or item.element.id
            by_role = {each["role"]: each for each in item.opinions}
            self._complete(case, item, {key: {"outcome": standing.outcome, "opinions": item.opinions, "round": 1, "by_role": by_role}})
            return
        for number in standing.opens:
            part, role = item.parts[number]
            item.parts[number] = (Part(part.id, part.step, PartState.PENDING, part.waits_for), role)
        for number in standing.opens:
            role = item.parts[number][1]
            _, due = openings.due_times(self._runtime, item.element, self._agenda.now, case.site_id)
            turn = Item(f"{item.token}.{number}", item.element, item.process, role, self._agenda.now, due, is_outside=False)
            item.turns.append(turn)
            self._queue(case, turn, None, partial(self._sign, case, item, turn, number), f".{number}")

    def _sign(self, case: Case, item: Item, turn: Item, number: int) -> None:
        if case.items.get(item.token) is not item:
            return
        self.judge(turn, self._agenda.now)
        chance = self.chance(case, item, case.visits[item.process, item.element.id], f"sign{number}")
        refused = self._learned.ways(case.key).refuses((item.process, item.element.id), chance)
        part, role = item.parts[number]
        item.parts[number] = (Part(part.id, part.step, PartState.REFUSED if refused else PartState.APPROVED, part.waits_for), role)
        item.opinions.append({
            "role": role, "name": role, "signer": role, "decision": "refuse" if refused else "approve", "opinion": "",
            "at": self._agenda.now.isoformat(), "round": 1, "signature": None,
        })  # fmt: skip
        self._take_turns(case, item)

    def _length(self, case: Case, item: Item, part: str) -> float:
        due = (item.due - item.created).total_seconds() if item.due is not None else None
        role = item.role
        lengths = self._learned.lengths(item.process, item.element.id, role, is_outside=item.is_outside, due=due)
        visit = case.visits[item.process, item.element.id]
        return max(self.chance(case, item, visit, f"length{part}").choice(lengths.samples), _SHORTEST)

    def chance(self, case: Case, item: Item, visit: int, what: str) -> Random:
        """The same at the same step of the same case in every play of this number, whoever does it and when."""
        return Random(f"{self._luck}/{case.name}/{item.process}/{item.element.id}/{visit}/{what}")  # noqa: S311 - figures, not secrets
