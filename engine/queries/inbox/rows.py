"""What lists of work items hold, what narrows and orders them, and the parts that their statements share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from engine.persistence.tables import definition, instance_variable, user, work_item
from engine.queries.matching import any_like


class Sort(StrEnum):
    """Orders of the to-do list; done work always comes newest first."""

    #: newest first
    CREATED = "created"
    #: earliest due first, then those without a due time
    DUE = "due"
    #: by the case's number, then those without one
    NUMBER = "number"
    #: by what people call the case
    TITLE = "title"


class Holder(StrEnum):
    """Whose items of the to-do list to show."""

    #: mine and those nobody has
    ANY = "any"
    #: claimed by or assigned to me
    MINE = "mine"
    #: nobody has it
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A work item as lists show it."""

    id: int
    instance_id: int
    token: str
    element_id: str
    #: source language
    name: str
    definition_id: int
    definition_key: str
    #: the procedure's name, source language
    definition_name: str
    title: str
    business_key: str | None
    form_key: str | None
    role: str
    escalated_role: str | None
    outside: str | None
    site_id: int | None
    state: str
    assignee_id: int | None
    assignee_name: str | None
    owner_id: int | None
    priority: int
    created_at: datetime
    claimed_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    escalated_at: datetime | None
    #: when somebody last asked its people to hurry
    nudged_at: datetime | None
    completed_at: datetime | None
    completed_by: int | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the to-do list; None and empty mean: no matter."""

    role: str | None = None
    definition_key: str | None = None
    #: part of the title, the step's name or the case number
    q: str = ""
    #: due before that moment
    due_before: datetime | None = None
    #: due at that moment or later
    due_since: datetime | None = None
    #: False: only what has no due time
    has_due: bool = True
    #: of done work: completed from … to before …
    done_since: datetime | None = None
    done_before: datetime | None = None
    #: code of the unit that one of `unit_fields` names
    unit: str = ""
    #: indexed fields that name units, `form.field`
    unit_fields: tuple[str, ...] = ()
    holder: Holder = Holder.ANY


NO_FILTERS = Filters()
SHOWN = [column for column in work_item.c if column.name != "is_live"]



def before(
    at: ColumnElement[Any], row_id: ColumnElement[Any], start_at: ColumnElement[Any], start_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows after the cursor in a newest-first order; the first half alone bounds the index range."""
    return (at <= start_at) & or_(at < start_at, row_id < start_id)


def of_unit(fields: Sequence[str], unit: ColumnElement[str]) -> Select[Any]:
    """Ids of the cases in which one of these indexed fields names the unit."""
    return select(instance_variable.c.instance_id).where(instance_variable.c.name.in_(fields), instance_variable.c.text == unit)


def matches(source: FromClause, pattern: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the title, the step's name or the case number contains it."""
    return any_like(pattern, source.c.title, source.c.name, source.c.business_key)


def with_names(item: FromClause) -> Select[Any]:
    """The chosen rows, with the names that people read."""
    assignee = user.alias("assignee")
    source = item.join(definition, definition.c.id == item.c.definition_id).outerjoin(assignee, assignee.c.id == item.c.assignee_id)
    names = (definition.c.name.label("definition_name"), assignee.c.display_name.label("assignee_name"))
    return select(item, *names).select_from(source)
