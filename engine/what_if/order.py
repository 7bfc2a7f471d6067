"""What is asked of a play-ahead: from which period to learn, how many weeks, which procedures, how many people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from engine.errors import FieldError, FormInvalidError
from engine.model import JsonObject

MOST_WEEKS = 12
MOST_REPLICATIONS = 30
MOST_FACTOR = 10.0
MOST_STAFF = 200
MOST_SEED = 2**31 - 1
#: of the period to learn from
LONGEST = timedelta(days=3_660)


@dataclass(frozen=True, slots=True)
class Order:
    """One question: how would it go?"""

    #: learn from what happened from the one moment until before the other
    since: datetime
    until: datetime
    weeks: int
    #: procedure → how many times as many cases as in that period come in; those that are not named don't come
    arrivals: Mapping[str, float]
    #: role → how many people; roles that are not named stay as they are
    staff: Mapping[str, int] = field(default_factory=dict)
    #: how often it is played, each time with other chances
    replications: int = 5
    #: the same seed gives the same figures
    seed: int = 1
    #: whether the cases that are open now go on
    with_open: bool = True

    @property
    def is_changed(self) -> bool:
        """Whether anything is asked to be other than now, as far as the order says."""
        return bool(self.staff) or any(factor != 1 for factor in self.arrivals.values())

    def as_now(self) -> Order:
        """The same with as many cases and people as now."""
        return replace(self, arrivals=dict.fromkeys(self.arrivals, 1.0), staff={})

    def as_json(self) -> JsonObject:
        """As it is stored."""
        found = asdict(self)
        return {**found, "since": self.since.isoformat(), "until": self.until.isoformat(), "arrivals": dict(self.arrivals),
                "staff": dict(self.staff)}  # fmt: skip

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Order:
        """From what `as_json` gave."""
        moments = {name: datetime.fromisoformat(body[name]) for name in ("since", "until")}
        return cls(**{**body, **moments})


def check(order: Order, known_procedures: set[str], known_roles: set[str]) -> None:
    """FormInvalidError names every field that cannot be taken."""
    problems: list[FieldError] = []

    def refuse(name: str, sentence: str, **data: Any) -> None:
        problems.append(FieldError(name, "invalid", sentence, data))

    if not timedelta() < order.until - order.since <= LONGEST:
        refuse("until", "期間的結束要在開始之後，最長 {days} 天。", days=LONGEST.days)
    if not 1 <= order.weeks <= MOST_WEEKS:
        refuse("weeks", "請填 1 至 {most} 週。", most=MOST_WEEKS)
    if not 1 <= order.replications <= MOST_REPLICATIONS:
        refuse("replications", "請填 1 至 {most} 次。", most=MOST_REPLICATIONS)
    if not 0 <= order.seed <= MOST_SEED:
        refuse("seed", "請填 0 至 {most} 的整數。", most=MOST_SEED)
    if not order.arrivals:
        refuse("arrivals", "請至少選一個流程。")
    for key, factor in order.arrivals.items():
        if key not in known_procedures:
            refuse(f"arrivals.{key}", "沒有「{key}」這個流程。", key=key)
        elif not 0 <= factor <= MOST_FACTOR:
            refuse(f"arrivals.{key}", "倍數請填 0 至 {most}。", most=f"{MOST_FACTOR:.0f}")
    for role, count in order.staff.items():
        if role not in known_roles:
            refuse(f"staff.{role}", "沒有「{role}」這個角色。", role=role)
        elif not 0 <= count <= MOST_STAFF:
            refuse(f"staff.{role}", "人數請填 0 至 {most}。", most=MOST_STAFF)
    if problems:
        raise FormInvalidError(problems)
