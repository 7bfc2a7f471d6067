"""The half-yearly survey over every settled tenant: linked interviews, two rounds, counted by query."""

from __future__ import annotations

from engine.clock import MovableClock
from engine.runtime import Runtime
from tests.survey import HEARD, LATER, REFUSED, hold


def test_a_survey_of_every_settled_tenant_reaches_its_analysis(runtime: Runtime, clock: MovableClock) -> None:
    """One interview each; the unreachable are heard in the second round, who refused and who was never asked don't count as asked."""
    tenants = 40
    found = hold(runtime, clock, tenants)
    assert found.interviews == tenants
    assert (found.data["survey_asked"], found.data["survey_answered"]) == (tenants, tenants * (HEARD + LATER) // 20)
    # of those who answered; nobody types it
    assert found.data["survey_index"] == 100
    assert found.data["survey_rate"] == 100 * (HEARD + LATER) / 20
    figures = found.asked.figures
    never = 20 - HEARD - LATER - REFUSED
    assert (figures.met, figures.apart, figures.missed) == (tenants * (HEARD + LATER) // 20, tenants * REFUSED // 20, tenants * never // 20)
    assert found.asked.is_reached is False
    assert (found.index.figures.average, found.index.is_reached) == (100.0, True)
