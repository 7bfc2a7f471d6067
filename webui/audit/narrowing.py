"""What the address narrows the log to. What it cannot mean is passed over: links grow old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.queries.audit import AuditFilters
from engine.queries.audit_sources import AuditKind
from webui.display import zone
from webui.periods import day_of, id_of


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What was chosen, as the form shows it again."""

    kind: AuditKind | None
    person_id: int | None
    case: str
    since: date | None
    until: date | None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any((self.kind, self.person_id, self.case, self.since, self.until))

    def filters(self) -> AuditFilters:
        """The same for the query: days begin and end by the clock on the wall."""
        return AuditFilters(self.kind, self.person_id, self.case or None, _start(self.since),
                            _start(self.until + timedelta(days=1)) if self.until else None)

    def address(self) -> dict[str, str]:
        """The same as parameters of an address."""
        given = {"kind": self.kind, "person": self.person_id, "case": self.case, "since": self.since, "until": self.until}
        return {name: str(value) for name, value in given.items() if value}


def narrowing(args: Mapping[str, str]) -> Narrowing:
    """Out of an address."""
    kind = args.get("kind", "")
    return Narrowing(AuditKind(kind) if kind in list(AuditKind) else None, id_of(args, "person"), args.get("case", "").strip()[:120],
                     day_of(args, "since"), day_of(args, "until"))


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), zone()) if day else None
