"""How often flows were taken, told from how often elements were passed."""

from __future__ import annotations

from engine.diagram import Diagram, read_diagram
from engine.heat_flows import taken
from tests.builders import ROOT


def _repair() -> Diagram:
    return read_diagram((ROOT / "bpmn/repair/repair.bpmn").read_bytes())["repair"]


def test_a_choice_is_split_as_its_targets_were_passed() -> None:
    """Of thirty slips two were filed as cancelled; of the others a dozen were charged for."""
    passed = {"return_slip": 30, "work_was_done": 30, "archive_cancelled": 2, "fee_due": 28, "post_repair_charge": 12}
    told = taken(_repair(), passed)
    assert told["work_was_done_to_archive_cancelled"] == 2
    assert told["work_was_done_to_fee_due"] == 28
    assert told["fee_due_to_post_repair_charge"] == 12
    assert told["fee_due_to_follow_up_and_decide"] == 16


def test_the_way_back_is_what_did_not_come_from_the_start() -> None:
    """A step was passed more often than cases began: the rest came round again."""
    passed = {"open_slip": 20, "phone_engineering": 23, "rework_needed": 20, "archive_slip": 17}
    assert taken(_repair(), passed)["rework_needed_to_phone_engineering"] == 3


def test_nothing_is_told_of_a_diagram_that_nobody_went_through() -> None:
    """Every flow was taken no time."""
    assert set(taken(_repair(), {}).values()) == {0}
