"""The first page of the list of all cases by every filter, alone and with others, in every order, for those who see all sites, one, and a
small one. Of each combination the slowest is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from engine.model import Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances
from engine.queries.case_filters import InstanceFilters, StepFilter, VariableFilter
from engine.queries.ordering import Order
from tests.benchmarks import filling
from tests.benchmarks.filling import KEY
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Filled, Stage, median, settle, timed

_REPEATS = 5
#: filters that people set together; where nothing is left the whole list has been looked through
_TOGETHER = (
    "person step", "person step unit", "person open", "person failed", "person procedure", "person late", "person a-sixth",
    "person idle open",
    "step open", "step unit", "step late", "step a-sixth", "unit open", "unit procedure", "unit late", "unit a-sixth", "unit word",
    "a-sixth failed", "a-sixth procedure", "a-sixth late", "a-sixth amount", "a-sixth beginning", "a-sixth moment", "amount failed",
    "moment procedure", "moment failed", "moment late", "word open", "word failed", "rare procedure", "number failed", "number step",
    "late open", "late failed", "late procedure", "late idle open", "version failed", "version late", "procedure open idle",
    "procedure failed", "procedure aged", "open aged", "failed idle", "recent late", "recent a-sixth", "recent unit", "recent person",
)  # fmt: skip


def _alone(filled: Filled) -> dict[str, dict[str, Any]]:
    days = partial(_before, filled)
    return {
        "all": {}, "active": {"state": "active"}, "failed": {"state": "incident"}, "open": {"is_open": True},
        "procedure": {"definition_key": KEY}, "version": {"definition_key": KEY, "definition_version": 1},
        "whole number": {"q": "R100000777"}, "number": {"q": "R10000"}, "word": {"q": "漏水"}, "rare": {"q": "第 4711 件"},
        "late": {"is_late": True}, "recent": {"since": days(30)}, "long ago": {"until": days(600)}, "idle": {"unmoved_since": days(30)},
        "aged": {"started_before": days(900)}, "unit": {"unit_id": filled.first_unit + 17},
        "tenant": {"tenant_id": filled.first_tenant + 17}, "a-sixth": {"variable": VariableFilter("registration.category", text="c4")},
        "one": {"variable": VariableFilter("bulk.name", text="N4711")},
        "beginning": {"variable": VariableFilter("bulk.name", text="N47", is_beginning=True)},
        "amount": {"variable": VariableFilter("bulk.amount", number=(Decimal(10), Decimal(300)))},
        "moment": {"variable": VariableFilter("registration.called_at", at=(days(500), days(490)))},
        "step": {"step": StepFilter(((KEY, "accept_slip"),))}, "person": {"person_id": filled.first_user + 7},
        "started by": {"started_by": filled.first_user + 7}, "site": {"site_id": filled.first_site + 2},
        "small site": {"site_id": filled.small_site},
    }  # fmt: skip


def _before(filled: Filled, days: int) -> Any:
    return filled.end - timedelta(days=days)


def measure(stage: Stage) -> None:
    """In the database, at the largest size."""
    size = stage.scale.items[-1]
    filled = filling.filled(stage, size)
    settle()
    readers = {"all sites": RoleGrant("manager"), "one site": RoleGrant("manager", filled.first_site + 1),
               "a small site": RoleGrant("manager", filled.small_site)}  # fmt: skip
    for name, given in _asked(_alone(filled)):
        slowest = max(
            (_median(stage, Actor(filled.first_user, "x", frozenset({grant})), InstanceFilters(**given, order=order)), f"{reader}, {order}")
            for reader, grant in readers.items() for order in Order)  # fmt: skip
        stage.report.add(Result("cases", stage.backend, f"{name}, {size:,} cases", slowest[0], "ms", target="cases.page", note=slowest[1]))


def _asked(alone: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from alone.items()
    for together in _TOGETHER:
        yield together.replace(" ", " + "), {name: value for each in together.split() for name, value in alone[each].items()}


def _median(stage: Stage, reader: Actor, filters: InstanceFilters) -> float:
    return median([timed(partial(_page, stage, reader, filters))[0] for _ in range(_REPEATS)])


def _page(stage: Stage, reader: Actor, filters: InstanceFilters) -> object:
    with UnitOfWork(stage.database) as uow:
        return instances.page(uow, reader, filters=filters, limit=25)
