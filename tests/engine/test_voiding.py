"""A mistaken entry is taken back: number used, record kept, counted nowhere; by whom and until when."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import history, instances, records, voiding, work_items
from engine.company import ledger
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.errors import InstanceNotActiveError, InvalidError
from engine.instances import StartedInstance, run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances as queries
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_site, make_unit, make_user, rows, simple_process

_LIMITS = (
    b'[[limit]]\nid = "done"\nname = "done"\nclause = "errand 1"\nfrom = "instance:started"\nto = "do_errand:completed"\ntarget = "PT1H"\n'
)


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    """Who enters it."""
    return make_user(runtime, "customer_service")


@pytest.fixture
def case(runtime: Runtime, clerk: Person) -> StartedInstance:
    """A case with a limit that runs and a slip."""
    files = {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service")), "limits.toml": _LIMITS,
             "records/slip.html": b"<article><p>{{record.number}}</p></article>"}
    deploy(runtime, files)
    make_site(runtime)
    return run_step(runtime, lambda uow: instances.start(runtime, uow, clerk.actor, "errand", {}))


def test_its_number_stays_used_its_slip_is_void_and_its_limit_counts_neither_way(
    runtime: Runtime, clerk: Person, case: StartedInstance
) -> None:
    """And nobody has it in a list to do."""
    with UnitOfWork(runtime.database) as uow:
        paper = records.issue(runtime, uow, clerk.actor, case.id, "slip")
        uow.commit()
        voiding.void(runtime, uow, clerk.actor, case.id, "wrong_place", "應為 B-0901")
        uow.commit()
        again = records.get(uow, clerk.actor, paper.id)
        assert again.voided_at is not None
        assert again.number == paper.number
        assert queries.get(uow, clerk.actor, case.id).state == "voided"
        assert history.verify(uow, case.id) is None
    (clock,) = rows(runtime, tables.limit_clock)
    assert clock.cancelled_at is not None
    assert [item.is_live for item in rows(runtime, tables.work_item)] == [False]
    assert rows(runtime, tables.due) == []
    with UnitOfWork(runtime.database) as uow, pytest.raises(InstanceNotActiveError):
        voiding.void(runtime, uow, clerk.actor, case.id, "mistake")


def test_only_ones_own_and_only_until_a_colleague_acts(runtime: Runtime, clerk: Person, case: StartedInstance) -> None:
    """A supervisor may later."""
    colleague, supervisor = make_user(runtime, "customer_service"), make_user(runtime, "cs_supervisor")
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(voiding.VoidNotAllowedError):
            voiding.void(runtime, uow, colleague.actor, case.id, "mistake")
        with pytest.raises(InvalidError):
            voiding.void(runtime, uow, clerk.actor, case.id, "boredom")
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, colleague.actor, case.work_item_ids[0]))
    with UnitOfWork(runtime.database) as uow, pytest.raises(voiding.VoidNotAllowedError):
        voiding.void(runtime, uow, clerk.actor, case.id, "mistake")
    run_step(runtime, lambda uow: voiding.void(runtime, uow, supervisor.actor, case.id, "duplicate"))
    assert rows(runtime, tables.instance)[0].state == "voided"


def test_a_case_with_money_in_the_books_is_not_voided(runtime: Runtime, clerk: Person, case: StartedInstance) -> None:
    """Until the entry was taken back."""
    unit_id = make_unit(runtime)
    with UnitOfWork(runtime.database) as uow:
        of = account(uow, AccountKey(unit_id, None))
        owed = ledger.charge(runtime, uow, clerk.actor, of, "repair", Decimal("50.00"), source=Source(instance_id=case.id))
        with pytest.raises(voiding.MoneyPostedError):
            voiding.void(runtime, uow, clerk.actor, case.id, "mistake")
        ledger.correct(runtime, uow, clerk.actor, owed.entry_ids[0], "記錯")
        voiding.void(runtime, uow, clerk.actor, case.id, "mistake")
        uow.commit()
    assert rows(runtime, tables.instance)[0].state == "voided"
