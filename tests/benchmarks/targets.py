"""What was promised, and what others need: the figures that results are printed beside. Only the naive store is run beside ours."""

from __future__ import annotations

from dataclasses import dataclass

#: where the peers' figures come from
PEER_SOURCE = (
    "Spiff-Arena's figures were measured while this project was designed, on the same kind of 2-core machine (design, table of targets); "
    "they are quoted, not run here."
)


@dataclass(frozen=True, slots=True)
class Target:
    """One promise."""

    #: in words, as it is printed
    text: str
    #: a result that is at most this (or, `at_least`, at least this) keeps it
    bound: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a result keeps the promise."""
        return value >= self.bound if self.at_least else value <= self.bound


TARGETS = {
    "complete.ratio": Target("≥ 5 × naive", 5, at_least=True),
    "complete.statements": Target("≤ 8 statements", 8),
    "http.p50": Target("p50 ≤ 3 ms", 3),
    "http.p99": Target("p99 ≤ 15 ms", 15),
    "http.peer": Target("≥ 12 × Spiff-Arena", 12, at_least=True),
    "start.peer": Target("≥ 15 × Spiff-Arena", 15, at_least=True),
    "growth.ratio": Target("p50 at 10,000 ÷ p50 at 10 ≤ 1.2", 1.2),
    "survey.ratio": Target("2,000 ÷ 100 ≤ 1.3 an interview", 1.3),
    "what_if.thousand": Target("1,000 cases ≤ 60 s", 60),
    "what_if.ratio": Target("5,000 ÷ 100 ≤ 1.5 a case", 1.5),
    "limits.overview": Target("≤ 300 ms", 300),
    "inbox.http": Target("p50 ≤ 3 ms", 3),
    "inbox.flat": Target("largest ÷ smallest ≤ 1.5 (flat)", 1.5),
    "managers.page": Target("≤ 50 ms at 1,000,000", 50),
    "cases.page": Target("first page ≤ 50 ms at 1,000,000", 50),
    "paint.first": Target("≤ 150 KB", 150),
    "paint.after": Target("≤ 15 KB", 15),
    "paint.trips": Target("one round trip", 1),
    "designer.first": Target("≤ 1 s", 1_000),
    "stored.overhead": Target("≤ 5 KB + its data", 5 * 1024),
}

#: milliseconds that Spiff-Arena needs, the better end of what was measured
PEERS = {
    "complete": (26.0, "26–39 ms, 76–89 SQL statements"),
    "http": (34.0, "34–44 ms"),
    "start": (28.0, "28–48 ms"),
    "inbox": (53.0, "53 ms at 10,000 open items (100 ms for a user with few)"),
    "stored": (13.0, "13 KB"),
    "timer": (12.7, "12.7 ms and 19 statements a sweep"),
}
