"""The price list keeps every price that was ever in force."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from engine.clock import MovableClock
from engine.company import prices
from engine.errors import ForbiddenError, InvalidError, NotFoundError
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_user


def _add(runtime: Runtime, uow: UnitOfWork, code: str, labour: str, *, in_days: int = 0) -> None:
    prices.add(runtime, uow, SYSTEM, code=code, name="更換水龍頭", unit_name="個", labour=Decimal(labour), material=Decimal("35.00"),
               effective_from=runtime.clock.now() + timedelta(days=in_days))


def test_a_new_price_takes_effect_on_its_day(runtime: Runtime, clock: MovableClock) -> None:
    """Before it the old one counts, and the old one stays readable after."""
    before = clock.now()
    with UnitOfWork(runtime.database) as uow:
        _add(runtime, uow, "W01", "20.00")
        _add(runtime, uow, "W01", "25.00", in_days=10)
        uow.commit()
        assert prices.find(uow, "W01", clock.now()).labour == Decimal("20.00")
        clock.advance(timedelta(days=10))
        assert [item.labour for item in prices.in_force(uow, clock.now())] == [Decimal("25.00")]
        assert prices.find(uow, "W01", before).labour == Decimal("20.00")


def test_a_code_no_longer_offered_has_no_price(runtime: Runtime, clock: MovableClock) -> None:
    """From then on; earlier moments keep theirs."""
    with UnitOfWork(runtime.database) as uow:
        _add(runtime, uow, "W01", "20.00")
        before = clock.now()
        clock.advance(timedelta(days=1))
        prices.deactivate(runtime, uow, SYSTEM, "W01")
        with pytest.raises(NotFoundError):
            prices.find(uow, "W01", clock.now())
        assert prices.find(uow, "W01", before).code == "W01"
        with pytest.raises(NotFoundError):
            prices.deactivate(runtime, uow, SYSTEM, "W01")


def test_unacceptable_prices_are_refused(runtime: Runtime) -> None:
    """A negative one, two for one day, one by somebody without the permission."""
    cashier = make_user(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow:
        _add(runtime, uow, "W01", "20.00")
        with pytest.raises(InvalidError):
            _add(runtime, uow, "W01", "21.00")
        with pytest.raises(InvalidError):
            _add(runtime, uow, "W02", "-1.00")
        with pytest.raises(ForbiddenError):
            prices.add(runtime, uow, cashier.actor, code="W03", name="x", unit_name="次", labour=Decimal(1), material=Decimal(0),
                       effective_from=runtime.clock.now())
