"""Cases as the rows of a list show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.queries import case_steps
from engine.queries.approvals import CopyRow
from engine.queries.case_steps import MOST
from engine.queries.instances import InstanceRow
from webui.listing.reader import Reader, When, address
from webui.unit_of_work import current


@dataclass(frozen=True, slots=True)
class Row:
    """A case in words."""

    id: int
    title: str
    procedure: str
    number: str
    site: str | None
    #: who started it, or copied it to the reader; None for the system
    person: str | None
    state: str
    is_late: bool
    has_been_late: bool
    is_unread: bool
    when: When
    address: str
    #: where it stands, the first few, and how many more
    steps: tuple[str, ...] = ()
    more_steps: int = 0
    started: When | None = None
    version: int | None = None


def of_cases(cases: Sequence[InstanceRow], columns: Collection[str] = ()) -> Iterator[Row]:
    """Rows of a list of cases; where they stand is read for lists with the column `step`."""
    reader, page = Reader(), address("cases.show", "instance_id")
    stands = case_steps.standing(current(), [case.id for case in cases]) if "step" in columns else {}
    for case in cases:
        procedure = reader.worded(case.definition_name, case.definition_id)
        steps = [f"{reader.worded(each.name, each.definition_id)}{f' · {each.holder}' if each.holder else ''}"
                 for each in stands.get(case.id, ())]
        yield Row(
            case.id, case.title or procedure, procedure, case.business_key or f"#{case.id}", case.site_name, case.started_by_name,
            case.state, bool(case.late_since and not case.ended_at), case.late_since is not None, False, reader.ago(case.moved_at),
            page.of(case.id), tuple(steps[:MOST]), max(0, len(steps) - MOST), reader.ago(case.started_at), case.definition_version,
        )  # fmt: skip


def of_copies(copies: Iterable[CopyRow]) -> Iterator[Row]:
    """Rows of what was copied to the reader."""
    reader, page = Reader(), address("cases.show", "instance_id")
    for copy in copies:
        procedure = reader.worded(copy.definition_name, copy.definition_id)
        yield Row(
            copy.instance_id, copy.title or procedure, procedure, copy.business_key or f"#{copy.instance_id}", None, copy.by_name,
            copy.state, False, False, copy.read_at is None, reader.ago(copy.at), page.of(copy.instance_id),
        )  # fmt: skip
