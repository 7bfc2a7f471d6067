"""Every kind of sheet, in the order in which they build on one another."""

from __future__ import annotations

from engine.imports.cases import Cases, Rows, procedures
from engine.imports.openings import Numbers, Openings
from engine.imports.people import People, Roles
from engine.imports.places import Buildings, Sites, Units
from engine.imports.plan import Kind
from engine.imports.price_list import Prices
from engine.imports.tenants import Tenancies, Tenants
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: what is kept for as long as the company works, and can be exported, edited and imported again
MASTER: tuple[Kind, ...] = (Sites(), Buildings(), Units(), Tenants(), Tenancies(), People(), Roles(), Prices())
#: what is brought in once, when work begins here
GOING_LIVE: tuple[Kind, ...] = (Openings(), Numbers())


def all_kinds(runtime: Runtime, uow: UnitOfWork) -> list[Kind]:
    """The kinds of this store: those of every company, and one for the open cases of each procedure with the tables of its forms."""
    found: list[Kind] = [*MASTER, *GOING_LIVE]
    for cases in procedures(runtime, uow):
        found += [*cases.tables, cases]
    return found


def of(kinds: list[Kind], kind_id: str) -> Kind | None:
    """A kind by its id; None for one that is not there any more."""
    return next((kind for kind in kinds if kind.id == kind_id), None)


def required(kinds: list[Kind], kind_id: str) -> Kind:
    """A kind that is there."""
    return next(kind for kind in kinds if kind.id == kind_id)


def is_table(kind: Kind) -> bool:
    """Whether its rows are carried out with the case that they belong to."""
    return isinstance(kind, Rows)


def is_case_id(kinds: list[Kind], kind_id: str) -> bool:
    """Whether rows of the kind are cases."""
    return isinstance(of(kinds, kind_id), Cases)
