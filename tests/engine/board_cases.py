"""Repairs at known stages for tests of the board."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine import definitions, forms, instances, work_items
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from engine.steps import run_step
from tests.builders import Person, Started, deploy_folder, make_building, make_site, make_unit, make_user, rows, start


@dataclass(frozen=True, slots=True)
class Company:
    """A site with two buildings and the people of a board."""

    runtime: Runtime
    site_id: int
    clerk: Person
    dispatcher: Person
    workers: tuple[Person, Person]

    def call(self, unit: str = "A-1", urgency: str = "small", *, told: bool = True) -> Started:
        """A repair call; `told`: engineering has been told, so that it waits for a worker."""
        values = {
            "channel": "phone", "called_at": self.runtime.clock.now().isoformat(), "unit": unit, "caller": "王小明",
            "phone": "0571-88001234", "category": "water", "urgency": urgency, "items": "水管滲漏", "charged": "unknown",
        }  # fmt: skip
        case = start(self.runtime, "repair", values, actor=self.clerk.actor, site_id=self.site_id)
        if told:
            self.complete(case.id, {"told": "張偉強"})
        return case

    def open_item(self, case_id: int) -> int:
        """The case's open item."""
        found = rows(self.runtime, tables.work_item, tables.work_item.c.instance_id == case_id, tables.work_item.c.is_live)
        return int(found[-1].id)

    def complete(self, case_id: int, values: dict[str, object]) -> None:
        """Complete the open item as the clerk, with what its form opens with and these."""
        runtime, actor, item = self.runtime, self.clerk.actor, self.open_item(case_id)
        (row,) = rows(runtime, tables.work_item, tables.work_item.c.id == item)
        with UnitOfWork(runtime.database) as uow:
            form = definitions.content(runtime, uow, row.definition_id).forms[row.form_key]
            data = instances.inspect(runtime, uow, case_id).variables
        me = Reference(self.clerk.id, self.clerk.name)
        given = forms.initial(form, data, now=runtime.clock.now(), zone=ZoneInfo("Asia/Shanghai"), me=me)
        answers = {name: value for name, value in {**given, **values}.items() if value not in (None, "", [])}
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item, answers))


def make_company(runtime: Runtime) -> Company:
    """Deploys repairs with their follow-up."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    site = make_site(runtime)
    for code, name, floor in (("A-1", "東座", 1), ("A-2", "東座", 2), ("B-1", "西座", 1)):
        known = [row.id for row in rows(runtime, tables.building) if row.name == name]
        building = known[0] if known else make_building(runtime, site_id=site, name=name)
        make_unit(runtime, code=code, site_id=site, building_id=building, floor=floor)
    workers = (make_user(runtime, "repair_worker", site_id=site), make_user(runtime, "repair_worker", site_id=site))
    clerk, dispatcher = make_user(runtime, "customer_service", site_id=site), make_user(runtime, "dispatcher", site_id=site)
    return Company(runtime, site, clerk, dispatcher, workers)
