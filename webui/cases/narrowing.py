"""What of the list of all cases a person asked to see, beyond what every list knows. What makes no sense is passed over: links grow old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine import case_narrowing
from engine.case_narrowing import OPERATORS
from engine.errors import InvalidError
from engine.list_columns import VariableColumn
from engine.model import InstanceState
from engine.queries import case_steps
from engine.queries.case_filters import InstanceFilters, StepFilter, VariableFilter
from webui.display import zone
from webui.language import describe_error
from webui.listing.narrowing import Narrowing
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of

#: every case that can still go on
OPEN = "open"
#: of days that are offered
DAYS = (1, 3, 7, 14, 30, 90, 180)
_LONGEST = 3_650


@dataclass(frozen=True, slots=True)
class CaseNarrowing:
    """The list's own filters."""

    #: `open`, a state, or empty
    state: str
    late: bool
    #: name of a step, source language
    step: str
    unit_id: int | None
    tenant_id: int | None
    person_id: int | None
    site_id: int | None
    #: `form.field`, how it is compared, and with what
    variable: str
    operator: str
    value: str
    #: days since it was started, and since anything happened, at least
    age: int | None
    idle: int | None
    version: int | None

    @property
    def is_narrowed(self) -> bool:
        """Whether the list may hide something."""
        return bool(self.state or self.late or self.has_further)

    @property
    def has_further(self) -> bool:
        """Whether one of the filters that are folded away is set."""
        return bool(self.step or self.variable or any(
            each is not None for each in (self.unit_id, self.tenant_id, self.person_id, self.site_id, self.age, self.idle, self.version)))

    def filters(self, narrow: Narrowing) -> tuple[InstanceFilters, str]:
        """As the query takes them, and what is wrong with a value that was typed; what can't be narrows nothing."""
        now, problem = runtime_of().clock.now(), ""
        variable: VariableFilter | None = None
        column = self.column()
        if column is not None and self.value:
            try:
                variable = case_narrowing.variable_filter(column, self.operator, self.value, zone())
            except InvalidError as error:
                problem = describe_error(error)
        # a step that no procedure has any more is nowhere
        step = (case_narrowing.step_filter(runtime_of(), current(), self.step) or StepFilter(())) if self.step else None
        return narrow.case_filters(
            state=self.state if self.state != OPEN and self.state else None, is_open=self.state == OPEN, is_late=self.late,
            definition_version=self.version, unit_id=self.unit_id, tenant_id=self.tenant_id, person_id=self.person_id, site_id=self.site_id,
            variable=variable, step=step, started_before=now - timedelta(days=self.age) if self.age else None,
            unmoved_since=now - timedelta(days=self.idle) if self.idle else None,
        ), problem

    def column(self) -> VariableColumn | None:
        """The field that is looked at."""
        if not self.variable:
            return None
        every = case_narrowing.fields(runtime_of(), current())
        return next((each.columns[self.variable] for each in every if self.variable in each.columns), None)

    def labels(self) -> dict[str, str]:
        """What people call whom the list is narrowed to."""
        wanted = {"unit": self.unit_id, "tenant": self.tenant_id, "person": self.person_id}
        return {kind: case_steps.label(current(), kind, each) or f"#{each}" for kind, each in wanted.items() if each is not None}


def case_narrowing_of(args: Mapping[str, str]) -> CaseNarrowing:
    """From the address."""
    state, operator = args.get("state", ""), args.get("op", "")
    return CaseNarrowing(
        state=state if state == OPEN or state in list(InstanceState) else "", late=bool(args.get("late")), step=args.get("step", "")[:200],
        unit_id=id_of(args, "unit_id"), tenant_id=id_of(args, "tenant_id"), person_id=id_of(args, "person"), site_id=id_of(args, "site"),
        variable=args.get("var", "")[:160], operator=operator if operator in OPERATORS else OPERATORS[0],
        value=args.get("val", "").strip()[:100], age=_days(args, "age"), idle=_days(args, "idle"), version=_days(args, "version"),
    )


def choices(narrow: Narrowing, mine: CaseNarrowing) -> dict[str, Any]:
    """What the folded filters offer."""
    runtime, uow, key = runtime_of(), current(), narrow.key
    return {
        "steps": case_narrowing.steps(runtime, uow, key), "fields": case_narrowing.fields(runtime, uow, key),
        "labels": mine.labels(), "days": DAYS, "column": mine.column(),
    }


def _days(args: Mapping[str, str], name: str) -> int | None:
    found = id_of(args, name)
    return found if found is not None and 0 < found <= _LONGEST else None
