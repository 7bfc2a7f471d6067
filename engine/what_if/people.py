"""Who works in a play-ahead, and what waits for whom: one thing at a time, in working hours, what is due first comes first.

A form that names the person who is to do something is not followed: whoever holds the role and is free takes it, or more people could
never help.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from engine.what_if.hours import Hours

#: role, and the site or None for all of them
Post = tuple[str, int | None]


@dataclass(slots=True)
class Job:
    """A piece of work that waits for somebody of a role."""

    role: str
    site_id: int | None
    #: seconds since the epoch
    created: float
    #: by when it is to be done; what has no such time comes later
    due: float
    #: how long it takes, in time that counts for the role
    length: float
    #: the person who has it already when the play begins
    holder: int | None = None
    taken: float | None = None
    #: what follows when it is done
    done: Callable[[], None] | None = None
    is_gone: bool = False


@dataclass(slots=True)
class Person:
    """Somebody who works."""

    id: int
    posts: frozenset[Post]
    job: Job | None = None

    def holds(self, role: str, site_id: int | None) -> bool:
        """Whether the person does the role's work at a site."""
        if site_id is None:
            return any(each == role for each, _ in self.posts)
        return (role, None) in self.posts or (role, site_id) in self.posts


def staffed(present: Mapping[int, Iterable[Post]], wanted: Mapping[str, int]) -> list[Person]:
    """The people of now, with as many in each named role as wanted. Whoever is added holds that role only, at all sites; where there are
    to be fewer, those who hold the most other roles leave it first.
    """
    posts = {person_id: set(held) for person_id, held in present.items()}
    extra = 0
    for role, count in sorted(wanted.items()):
        holders = [person_id for person_id, held in posts.items() if any(each == role for each, _ in held)]
        for _ in range(count - len(holders)):
            extra += 1
            posts[-extra] = {(role, None)}
        surplus = sorted(holders, key=lambda person_id: (-len({each for each, _ in posts[person_id]}), -person_id))
        for person_id in surplus[: max(0, len(holders) - count)]:
            posts[person_id] = {post for post in posts[person_id] if post[0] != role}
    in_order = sorted(posts, key=lambda person_id: (person_id < 0, abs(person_id)))
    return [Person(person_id, frozenset(posts[person_id])) for person_id in in_order]


def count_of(present: Mapping[int, Iterable[Post]]) -> dict[str, int]:
    """How many people hold each role."""
    found: dict[str, int] = {}
    for held in present.values():
        for role in {each for each, _ in held}:
            found[role] = found.get(role, 0) + 1
    return found


@dataclass(slots=True)
class Office:
    """People and queues. Says who begins what; when it will be done is the caller's to remember."""

    people: list[Person]
    hours: Hours
    always: Hours
    #: roles that work around the clock
    clockless: frozenset[str]
    _queues: dict[Post, list[tuple[float, float, int, Job]]] = field(default_factory=dict)
    _by_role: dict[str, list[Person]] = field(default_factory=dict)
    _number: int = 0

    def hours_of(self, role: str) -> Hours:
        """When the role's people work."""
        return self.always if role in self.clockless else self.hours

    def add(self, job: Job, now: float) -> Person | None:
        """Put work in its queue; the person who begins it at once, if somebody is free."""
        if self.hours_of(job.role).is_open(now):
            free = next((each for each in self._of(job.role) if each.job is None and self._may(each, job)), None)
            if free is not None:
                self._begin(free, job, now)
                return free
        self._number += 1
        heapq.heappush(self._queues.setdefault((job.role, job.site_id), []), (job.due, job.created, self._number, job))
        return None

    def next_for(self, person: Person, now: float) -> Job | None:
        """What a free person begins now: of all that waits for their roles what is due first. None when nothing does."""
        best: tuple[float, float, int, Job] | None = None
        for (role, site_id), queue in self._queues.items():
            while queue and queue[0][3].is_gone:
                heapq.heappop(queue)
            if not queue or not person.holds(role, site_id) or not self.hours_of(role).is_open(now):
                continue
            first = self._first_for(person, queue)
            if first is not None and (best is None or first[:3] < best[:3]):
                best = first
        if best is None:
            return None
        queue = self._queues[best[3].role, best[3].site_id]
        if queue[0] is best:
            heapq.heappop(queue)
        else:
            queue.remove(best)
            heapq.heapify(queue)
        self._begin(person, best[3], now)
        return best[3]

    def begin_work(self, now: float) -> list[tuple[Person, Job]]:
        """Let everybody who is free begin: work hours have come."""
        begun = []
        for person in self.people:
            if person.job is None and (job := self.next_for(person, now)) is not None:
                begun.append((person, job))
        return begun

    def waiting(self) -> list[Job]:
        """What nobody has begun."""
        return [entry[3] for queue in self._queues.values() for entry in queue if not entry[3].is_gone]

    def _first_for(self, person: Person, queue: list[tuple[float, float, int, Job]]) -> tuple[float, float, int, Job] | None:
        if self._may(person, queue[0][3]):
            return queue[0]
        # somebody else has begun it before the play: few, and only at its beginning
        own = (entry for entry in queue if not entry[3].is_gone and self._may(person, entry[3]))
        return min(own, default=None, key=lambda entry: entry[:3])

    def _may(self, person: Person, job: Job) -> bool:
        if job.holder is not None and any(each.id == job.holder and each.holds(job.role, job.site_id) for each in self._of(job.role)):
            return person.id == job.holder
        return person.holds(job.role, job.site_id)

    def _of(self, role: str) -> list[Person]:
        if role not in self._by_role:
            self._by_role[role] = [each for each in self.people if any(held == role for held, _ in each.posts)]
        return self._by_role[role]

    @staticmethod
    def _begin(person: Person, job: Job, now: float) -> None:
        person.job, job.taken = job, now
