"""Service tasks and gates reach the ledger and the directory: typed, in the committing transaction, tied to the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import definitions, instances, work_items
from engine.errors import ConflictError, DeploymentRefusedError, GateClosedError, InvalidError
from engine.model import SYSTEM, Actor, InstanceState, JsonObject, Signature
from engine.operators.catalogue import OPERATORS
from engine.operators.facts import FACTS
from engine.operators.operation import ParameterInvalidError, ParameterMissingError
from engine.operators.readers import READERS
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site, make_tenant, make_unit
from tests.engine.spiff.xml import bpmn, chain, node, operator, properties

Place = tuple[int, int, int]


@pytest.fixture
def place(runtime: Runtime) -> Place:
    """A site, a unit and its tenant."""
    site_id = make_site(runtime)
    unit_id = make_unit(runtime, site_id=site_id, code="A-1203", area=Decimal("86.50"))
    tenant_id = make_tenant(runtime, unit_id=unit_id, name="華強電子有限公司")
    with runtime.database.writing() as connection:
        connection.execute(update(tables.tenancy).values(fee_rate=Decimal("12.5")))
    return site_id, unit_id, tenant_id


def act(runtime: Runtime, name: str, instance_id: int, actor: Actor = SYSTEM, **parameters: Any) -> None:
    """Carry one operator out and commit."""
    with UnitOfWork(runtime.database) as uow:
        OPERATORS[name](runtime, uow, actor, instance_id, parameters)
        uow.commit()


def look(runtime: Runtime, reader: str, /, **parameters: Any) -> Any:
    """Ask one reader."""
    with UnitOfWork(runtime.database) as uow:
        return READERS[reader](runtime, uow, parameters)


def fact(runtime: Runtime, name: str, instance_id: int, *arguments: Any) -> Any:
    """Ask one fact."""
    with UnitOfWork(runtime.database) as uow:
        return FACTS[name](runtime, uow, instance_id, *arguments)


def start(runtime: Runtime, xml: bytes, variables: Mapping[str, Any] | None = None, **options: Any) -> int:
    """Deploy a process `p` and start it."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
        started = instances.start(runtime, uow, SYSTEM, "p", dict(variables or {}), **options)
        uow.commit()
    return started.id


def waiting(runtime: Runtime, *extra: str, after: str = "") -> bytes:
    """A process that waits for a person, with service tasks before it."""
    return bpmn(node("s", "start") + "".join(extra) + chain(f"s {after} a:user e:end"))


def answering(name: str, variable: str) -> str:
    """A call about the unit whose answer goes into a variable."""
    return operator(name, unit="unit").replace(f'id="{name}"', f'id="{name}" resultVariable="{variable}"')


def data(runtime: Runtime, instance_id: int) -> JsonObject:
    """A case's data."""
    with UnitOfWork(runtime.database) as uow:
        return instances.inspect(runtime, uow, instance_id).variables


def test_everything_of_the_catalogue_says_how_it_is_called() -> None:
    """Names are those that designers were promised."""
    assert set(OPERATORS) == {
        "notify", "instance.start_linked", "record.issue", "record.close", "file.archive", "ledger.post", "tenancy.open", "tenancy.end",
    }
    assert set(READERS) == {"ledger.balance", "ledger.held", "directory.read", "instances.count", "statistics.read", "fields.sum",
                            "fields.average", "ledger.statement"}
    assert set(FACTS) == {
        "balance", "balance_of", "deposit_held", "is_let", "open_linked", "linked_state", "permit_valid", "passes_out", "receipt_exists",
    }
    assert all(isinstance(each.signature, Signature) for each in (*OPERATORS.values(), *READERS.values()))  # type: ignore[attr-defined]


def test_a_diagram_posts_and_reads(runtime: Runtime, place: Place) -> None:
    """A charge of one step is what the next step reads, and the entry names the case."""
    xml = bpmn(
        node("s", "start")
        + node("c", "service", operator("ledger.post", kind='"charge"', account="unit", item='"management_fee"', amount='"1081.25"',
                                        due='"2026-03-31"'))
        + node("w", "user")
        + node("r", "service", answering("ledger.balance", "owed"))
        + node("d", "service", answering("directory.read", "place"))
        + chain("s c w r d a:user e:end")
    )
    instance_id = start(runtime, xml, {"unit": {"id": place[1], "label": "A-1203"}})
    with UnitOfWork(runtime.database) as uow:
        (item,) = uow.reading.execute(select(tables.work_item.c.id).where(tables.work_item.c.is_live)).scalars()
        work_items.complete(runtime, uow, SYSTEM, item, {})
        uow.commit()
    found = data(runtime, instance_id)
    assert found["owed"] == "1081.25"
    assert found["place"]["monthly_fee"] == "1081.25"
    assert found["place"]["tenant"]["label"] == "華強電子有限公司"
    with UnitOfWork(runtime.database) as uow:
        entry = uow.reading.execute(select(tables.ledger_entry)).one()
    assert (entry.instance_id, entry.amount, str(entry.due_on)) == (instance_id, Decimal("1081.25"), "2026-03-31")


@pytest.mark.parametrize("parameters", [{}, {"kind": '"gift"', "item": '"x"'}, {"kind": '"charge"', "item": '"x"', "colour": '"red"'}])
def test_wrong_calls_are_refused_when_deployed(runtime: Runtime, parameters: dict[str, str]) -> None:
    """A missing, an impossible and an unknown parameter."""
    xml = bpmn(node("s", "start") + node("x", "service", operator("ledger.post", **parameters)) + chain("s x e:end"))
    with UnitOfWork(runtime.database) as uow, pytest.raises(DeploymentRefusedError) as refused:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
    assert {finding.rule for finding in refused.value.findings if finding.severity == "error"} == {"service-parameter"}


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"item": "x", "amount": "1"}, ParameterMissingError),
        ({"kind": "charge", "item": "x", "amount": "ten"}, ParameterInvalidError),
        ({"kind": "charge", "item": "x", "amount": "1.005", "account": 1}, InvalidError),
        ({"kind": "charge", "item": "x", "amount": "1", "account": {"id": 999_999}}, InvalidError),
        ({"kind": "charge", "item": "x", "amount": "1", "account": "A-1203", "due": "soon"}, InvalidError),
    ],
)
def test_wrong_values_are_refused_when_called(runtime: Runtime, place: Place, parameters: dict[str, Any], error: type[Exception]) -> None:
    """What only the data could show."""
    instance_id = start(runtime, waiting(runtime))
    with pytest.raises(error):
        act(runtime, "ledger.post", instance_id, **parameters)


def test_nothing_to_pay_posts_nothing(runtime: Runtime, place: Place) -> None:
    """An amount of zero needs no gateway before the service."""
    instance_id = start(runtime, waiting(runtime))
    act(runtime, "ledger.post", instance_id, kind="charge", account="A-1203", item="pass_fee", amount="0.00")
    assert fact(runtime, "balance", instance_id, "A-1203") == "0.00"


def test_deposits_receipts_and_their_void(runtime: Runtime, place: Place) -> None:
    """What is held, by kind; a receipt counts until it is void."""
    instance_id = start(runtime, waiting(runtime))
    given = {"account": {"id": place[1], "label": "A-1203"}, "item": "pass_deposit"}
    assert fact(runtime, "receipt_exists", instance_id, "pass_deposit") is False
    act(runtime, "ledger.post", instance_id, kind="deposit", amount="150.00", **given)
    assert fact(runtime, "receipt_exists", instance_id, "pass_deposit") is True
    assert fact(runtime, "deposit_held", instance_id, place[1], "pass_deposit") == "150.00"
    act(runtime, "ledger.post", instance_id, kind="deduction", amount="50.00", **given)
    with pytest.raises(ConflictError):
        act(runtime, "ledger.post", instance_id, kind="deposit_refund", amount="100.01", **given)
    act(runtime, "ledger.post", instance_id, kind="deposit_refund", amount="100.00", **given)
    assert fact(runtime, "deposit_held", instance_id, place[1]) == "0.00"


def test_balances_of_units_and_tenants(runtime: Runtime, place: Place) -> None:
    """A tenant's debts of every unit; a unit's debts of who lives there."""
    instance_id = start(runtime, waiting(runtime))
    act(runtime, "ledger.post", instance_id, kind="charge", account="A-1203", item="management_fee", amount="100.00")
    act(runtime, "ledger.post", instance_id, kind="charge", account="A-1203", item="water", amount="20.50")
    assert fact(runtime, "balance", instance_id, {"id": place[1]}) == "120.50"
    assert fact(runtime, "balance_of", instance_id, place[2]) == "120.50"
    assert look(runtime, "ledger.balance", tenant=place[2], item="water") == "20.50"
    act(runtime, "ledger.post", instance_id, kind="payment", account="A-1203", item="water", amount="20.50", method="transfer")
    assert look(runtime, "ledger.balance", unit="A-1203") == "100.00"


def test_a_gate_holds_until_the_dues_are_paid(runtime: Runtime, place: Place) -> None:
    """Decided with the ledger as it is in the completing transaction."""
    gate = properties(require="float(balance(unit)) <= 0", require_message="尚有欠費。")
    xml = bpmn(node("s", "start") + node("a", "user", gate) + chain("s a e:end"))
    instance_id = start(runtime, xml, {"unit": {"id": place[1], "label": "A-1203"}})
    act(runtime, "ledger.post", instance_id, kind="charge", account="A-1203", item="management_fee", amount="0.01")
    with UnitOfWork(runtime.database) as uow:
        item = uow.reading.execute(select(tables.work_item.c.id)).scalar_one()
        with pytest.raises(GateClosedError):
            work_items.complete(runtime, uow, SYSTEM, item, {})
    act(runtime, "ledger.post", instance_id, kind="payment", account="A-1203", item="management_fee", amount="0.01")
    with UnitOfWork(runtime.database) as uow:
        assert work_items.complete(runtime, uow, SYSTEM, item, {}).state == InstanceState.COMPLETED


def test_linked_cases_are_counted(runtime: Runtime, place: Place) -> None:
    """Open ones, and how the last one stands."""
    parent = start(runtime, waiting(runtime))
    assert (fact(runtime, "open_linked", parent, "p"), fact(runtime, "linked_state", parent, "p")) == (0, None)
    act(runtime, "instance.start_linked", parent, process="p")
    assert (fact(runtime, "open_linked", parent, "p"), fact(runtime, "linked_state", parent, "p")) == (1, "active")
    assert look(runtime, "instances.count", process="p") == 2
    assert look(runtime, "instances.count", process="p", state="active", parent=parent) == 1
    assert look(runtime, "statistics.read", name="p", month="2026-03") == {"started": 2, "completed": 0, "cancelled": 0, "late": 0}


def test_permits_and_passes_follow_what_forms_say(runtime: Runtime, place: Place) -> None:
    """Of the case and of those linked to it; a permit ends by itself."""
    parent = start(runtime, waiting(runtime))
    act(runtime, "instance.start_linked", parent, process="p")
    now = runtime.clock.now()
    variables: list[dict[str, Any]] = [
        {"name": "hot_work_approval.valid_from", "at": now - timedelta(hours=1), "number": None},
        {"name": "hot_work_approval.valid_to", "at": now + timedelta(hours=2), "number": None},
        {"name": "pass_issue.issued", "at": None, "number": 3},
        {"name": "pass_return.returned", "at": None, "number": 1},
    ]
    assert (fact(runtime, "permit_valid", parent), fact(runtime, "passes_out", parent)) == (False, 0)
    with runtime.database.writing() as connection:
        connection.execute(tables.instance_variable.insert(), [{"instance_id": parent + 1, **each} for each in variables])
    assert (fact(runtime, "permit_valid", parent), fact(runtime, "passes_out", parent)) == (True, 2)
    runtime.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    assert fact(runtime, "permit_valid", parent) is False


def test_a_case_is_filed_once(runtime: Runtime, place: Place) -> None:
    """A second call leaves the number that it has."""
    instance_id = start(runtime, waiting(runtime))
    for _ in range(2):
        act(runtime, "file.archive", instance_id, unit="A-1203", place="3號櫃")
    with UnitOfWork(runtime.database) as uow:
        filed = uow.reading.execute(select(tables.tenant_file)).one()
    assert (filed.unit_id, filed.tenant_id, filed.place) == (place[1], place[2], "3號櫃")
