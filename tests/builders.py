"""Builders: one call makes one thing with believable defaults; every default can be overridden by name.

They write what they make straight to the store and commit, so that a test's first line is its situation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Table, insert, select

from engine import definitions, instances
from engine.company import finding
from engine.folding import searchable
from engine.model import SYSTEM, Actor, RoleGrant, WorkItemState
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

ROOT = Path(__file__).parent.parent
#: every built user's password
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)
_SURNAMES, _GIVEN = "陳林黃張李王吳劉蔡楊", "志明淑芬俊傑美玲建宏雅婷家豪怡君"


@dataclass(frozen=True, slots=True)
class Person:
    """A built user: the id, the sign-in name and the actor that services take."""

    id: int
    username: str
    name: str
    actor: Actor
    password: str = PASSWORD


@dataclass(frozen=True, slots=True)
class Definition:
    """A deployed process."""

    id: int
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class Started:
    """A started instance and the work items it opened."""

    id: int
    work_item_ids: tuple[int, ...]


def _add(runtime: Runtime, table: Table, **values: Any) -> int:
    with runtime.database.writing() as connection:
        made = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    return identity


# ---------------------------------------------------------------- company

def make_site(runtime: Runtime, **overrides: Any) -> int:
    """A site; returns its id."""
    number = next(_numbers)
    return _add(runtime, tables.site, **{"code": f"S{number}", "name": f"第{number}園區", **overrides})


def make_building(runtime: Runtime, *, site_id: int | None = None, **overrides: Any) -> int:
    """A building, at a new site unless one is given; returns its id."""
    number = next(_numbers)
    values = {"site_id": site_id or make_site(runtime), "code": f"B{number}", "name": f"{number}座", **overrides}
    return _add(runtime, tables.building, **values)


def make_unit(runtime: Runtime, *, site_id: int | None = None, **overrides: Any) -> int:
    """A unit, in a new building unless one is given; returns its id."""
    number = next(_numbers)
    site_id = site_id or make_site(runtime)
    building_id = overrides.pop("building_id", None) or make_building(runtime, site_id=site_id)
    values = {"site_id": site_id, "building_id": building_id, "code": f"A-{1000 + number}", "floor": 10, "area": 86.5, **overrides}
    unit_id = _add(runtime, tables.unit, **{"search": searchable(values["code"]), **values})
    _let_find(runtime, "unit", unit_id, searchable(values["code"]))
    return unit_id


def make_tenant(runtime: Runtime, *, unit_id: int | None = None, **overrides: Any) -> int:
    """A tenant, settled in the unit where one is given; returns its id."""
    number = next(_numbers)
    values = {"code": f"T{number:04}", "name": f"宏達{number}貿易有限公司", "contact": "林小姐", "phone": f"1380000{number:04}",
              **overrides}
    search = searchable(values["code"], values["name"], values["contact"], values["phone"])
    tenant_id = _add(runtime, tables.tenant, **{"search": search, **values})
    _let_find(runtime, "tenant", tenant_id, search)
    if unit_id is not None:
        _add(runtime, tables.tenancy, unit_id=unit_id, tenant_id=tenant_id, started_at=runtime.clock.now() - timedelta(days=365))
    return tenant_id


def _let_find(runtime: Runtime, kind: str, identity: int, search: str) -> None:
    with UnitOfWork(runtime.database) as uow:
        finding.index(uow, kind, identity, search)
        uow.commit()


#: a real hash, but as cheap as the algorithm allows: the suite makes thousands
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def _password_hash(password: str) -> str:
    return HASHER.hash(password)


def make_user(runtime: Runtime, *roles: str, site_id: int | None = None, password: str = PASSWORD, **overrides: Any) -> Person:
    """A person who holds the roles at the site (or at all sites) and signs in with `PASSWORD`."""
    number = next(_numbers)
    name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number % 8 * 2:][:2]
    values = {"username": f"user{number}", "display_name": name, "password_hash": _password_hash(password),
              "created_at": runtime.clock.now(), **overrides}
    search = searchable(values["username"], values["display_name"], values.get("phone"))
    user_id = _add(runtime, tables.user, **{"search": search, **values})
    for role in roles:
        _add(runtime, tables.role_grant, user_id=user_id, role=role, site_id=site_id)
    grants = frozenset(RoleGrant(role, site_id) for role in roles)
    return Person(user_id, values["username"], values["display_name"], Actor(user_id, values["display_name"], grants), password)


# ---------------------------------------------------------------- processes

def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a procedure's folder, as a deployment takes them."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def deploy(runtime: Runtime, files: Mapping[str, bytes]) -> Definition:
    """Deploy files; returns the first process among them."""
    deployment = instances.run_step(runtime, lambda uow: definitions.deploy(runtime, uow, SYSTEM, files))
    first = deployment.definitions[0]
    return Definition(first.id, first.key, first.version)


def deploy_folder(runtime: Runtime, name: str) -> Definition:
    """Deploy one of our own procedures, e.g. `repair`, from `bpmn/`; returns the process named like its folder."""
    files = read_folder(ROOT / "bpmn" / name)
    deployment = instances.run_step(runtime, lambda uow: definitions.deploy(runtime, uow, SYSTEM, files))
    found = next(info for info in deployment.definitions if info.key == name)
    return Definition(found.id, found.key, found.version)


def simple_process(key: str, *elements: tuple[str, str], documentation: str = "") -> bytes:
    """BPMN of user tasks in a row, each as (element id, role): the smallest process that shows a point."""
    lanes: dict[str, list[str]] = {}
    for element_id, role in elements:
        lanes.setdefault(role, []).append(element_id)
    first, last = elements[0][1], elements[-1][1]
    lanes[first].append("start")
    lanes[last].append("finish")
    lane_set = "".join(
        f'<lane id="{role}" name="{role}">{"".join(f"<flowNodeRef>{name}</flowNodeRef>" for name in names)}</lane>'
        for role, names in lanes.items())
    order = ["start", *(element_id for element_id, _ in elements), "finish"]
    flows = "".join(f'<sequenceFlow id="from_{a}_to_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in itertools.pairwise(order))
    tasks = "".join(f'<userTask id="{element_id}" name="{element_id}"/>' for element_id, _ in elements)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="definitions_{key}" targetNamespace="urn:guicheng:test">
  <collaboration id="collaboration_{key}"><participant id="participant_{key}" name="{key}" processRef="{key}"/></collaboration>
  <process id="{key}" name="{key}" isExecutable="true">
    <documentation>{documentation}</documentation>
    <laneSet id="lanes_{key}">{lane_set}</laneSet>
    <startEvent id="start"/>{tasks}<endEvent id="finish"/>{flows}
  </process>
</definitions>""".encode()


def deploy_simple(runtime: Runtime, key: str = "errand", *elements: tuple[str, str]) -> Definition:
    """Deploy user tasks in a row; by default one, `do_errand`, for `customer_service`."""
    return deploy(runtime, {f"{key}.bpmn": simple_process(key, *(elements or [("do_errand", "customer_service")]))})


def start(runtime: Runtime, key: str, variables: Mapping[str, Any] | None = None, *, actor: Actor = SYSTEM, **options: Any) -> Started:
    """Start an instance of the latest version."""
    started = instances.run_step(runtime, lambda uow: instances.start(runtime, uow, actor, key, dict(variables or {}), **options))
    return Started(started.id, tuple(started.work_item_ids))


# ---------------------------------------------------------------- rows for lists

def make_definition(runtime: Runtime, key: str = "errand", **overrides: Any) -> int:
    """A definition's row without a diagram, for lists that only show it; one a key. Returns its id."""
    with runtime.database.reading() as connection:
        known = connection.execute(select(tables.definition.c.id).where(tables.definition.c.key == key)).scalar()
    if known is not None:
        return int(known)
    deployment_id = _add(runtime, tables.deployment, digest=b"\0" * 32, created_at=runtime.clock.now())
    values = {"key": key, "version": 1, "name": key, "deployment_id": deployment_id, "file_name": f"{key}.bpmn",
              "created_at": runtime.clock.now(), "is_latest": True, **overrides}
    return _add(runtime, tables.definition, **values)


def make_instance(runtime: Runtime, key: str = "errand", **overrides: Any) -> int:
    """An instance's row that can be listed but not run. Returns its id."""
    now = runtime.clock.now()
    values = {"definition_id": make_definition(runtime, key), "definition_key": key, "version": 1, "state": "active",
              "started_at": now, "moved_at": now, "data": b"", **overrides}
    return _add(runtime, tables.instance, **values)


def make_work_item(runtime: Runtime, role: str = "customer_service", **overrides: Any) -> int:
    """A work item's row that can be listed but not completed; with its own instance unless one is given. Returns its id."""
    number = next(_numbers)
    key = overrides.get("definition_key", "errand")
    instance_id = overrides.pop("instance_id", None) or make_instance(runtime, key)
    state = overrides.get("state", WorkItemState.OPEN)
    values = {"instance_id": instance_id, "token": f"{number:032x}", "element_id": "do_errand", "name": "辦理", "definition_key": key,
              "definition_id": make_definition(runtime, key), "title": f"第 {number} 件", "role": role, "state": state,
              "is_live": state not in (WorkItemState.COMPLETED, WorkItemState.WITHDRAWN), "created_at": runtime.clock.now(), **overrides}
    return _add(runtime, tables.work_item, **values)


def rows(runtime: Runtime, table: Table, *conditions: Any) -> list[Any]:
    """Rows of a table in the order of its key, for a test that looks at the store itself."""
    with runtime.database.reading() as connection:
        return list(connection.execute(select(table).where(*conditions).order_by(*table.primary_key.columns)).all())


def names(values: Iterable[Any]) -> list[str]:
    """The `name` of each, in order."""
    return [value.name for value in values]
