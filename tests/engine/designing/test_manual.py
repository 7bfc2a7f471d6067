"""The manual beside a draft: what carries each clause out, and clauses and limits changed by their fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.designing import drafts, manual, manual_editing
from engine.designing.manual import Manual
from engine.designing.manual_editing import ClauseCarriedError, ClauseText
from engine.errors import ForbiddenError, FormInvalidError
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_folder
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user

pytestmark = pytest.mark.databases("sqlite")
FILES = read_folder(Path(__file__).parent.parent.parent.parent / "bpmn" / "hot_work")


class Draft:
    """The hot-work procedure's draft in the hands of somebody who draws."""

    def __init__(self, runtime: Runtime, person: Person, draft_id: int) -> None:
        self.runtime, self.person, self.id = runtime, person, draft_id

    def look(self, unsaved: dict[str, bytes] | None = None) -> Manual:
        with UnitOfWork(self.runtime.database) as uow:
            return manual.look(self.runtime, uow, self.person.actor, self.id, unsaved)

    def do(self, act: Callable[..., Any], *arguments: Any, path: str) -> str:
        """Do it on the file as it stands; what the file says then."""
        revision = self.look().revisions.get(path, 0)
        run_step(self.runtime, lambda uow: act(self.runtime, uow, self.person.actor, self.id, *arguments, revision))
        return self.text(path)

    def text(self, path: str) -> str:
        with UnitOfWork(self.runtime.database) as uow:
            return drafts.files(uow, self.id)[path].decode()

    def limit(self, **changes: Any) -> dict[str, Any]:
        found = next(each for each in self.look().limits if each.id == "checked_after")
        return {**found.values, **changes}


@pytest.fixture
def draft(runtime: Runtime) -> Draft:
    deploy(runtime, FILES)
    person = make_user(runtime, "process_designer")
    begun = run_step(runtime, lambda uow: drafts.create(runtime, uow, person.actor, "hot_work"))
    return Draft(runtime, person, begun.id)


def fields(refused: pytest.ExceptionInfo[FormInvalidError]) -> list[str]:
    return [error.field for error in refused.value.errors]


def test_each_clause_knows_its_steps_limits_and_scenarios(draft: Draft) -> None:
    """With a clause that nothing carries out and none shows marked, and what isn't saved yet laid over it."""
    seen = {each.clause.number: each for each in draft.look().clauses}
    carried = seen["renovation 6.2.8"]
    assert "watch_hot_work" in {place.element_id for place in carried.places}
    assert {place.file for place in carried.places} == {"hot_work.bpmn"}
    assert (carried.limits, carried.lacks_carrier, carried.lacks_scenario) == (("checked_after", "without_permit"), False, False)
    assert "scenarios/check_late.yaml" in carried.scenarios
    more = draft.text("clauses.toml") + '\n[[clause]]\nnumber = "renovation 9.9"\nzh-Hant = "新"\nen = "New"\n'
    new = draft.look({"clauses.toml": more.encode()}).clauses[-1]
    assert (new.clause.number, new.lacks_carrier, new.lacks_scenario) == ("renovation 9.9", True, True)


def test_a_clause_is_changed_added_and_only_free_ones_go(draft: Draft) -> None:
    """One line changes; a number that steps carry stays; what is wrong is told beside its field."""
    before = draft.text("clauses.toml")
    old = next(each.clause for each in draft.look().clauses if each.clause.number == "renovation 7.9")
    changed = ClauseText(old.number, "動火申請與審批。", old.texts["en"])
    after = draft.do(manual_editing.put_clause, old.number, changed, path="clauses.toml")
    assert after == before.replace("動火作業申請審批表。", "動火申請與審批。")
    added = draft.do(manual_editing.put_clause, None, ClauseText("renovation 9.9", "目的。", "Purpose.", False, "是目的", "A purpose"),
                     path="clauses.toml")
    assert added.startswith(after)
    assert 'executable = false\nreason = {zh-Hant = "是目的", en = "A purpose"}\n' in added
    assert draft.do(manual_editing.remove_clause, "renovation 9.9", path="clauses.toml") == after
    with pytest.raises(ClauseCarriedError, match="動火"):
        draft.do(manual_editing.remove_clause, "renovation 6.2.8", path="clauses.toml")
    with pytest.raises(FormInvalidError) as refused:
        draft.do(manual_editing.put_clause, None, ClauseText("renovation 7.9", "", "x", False), path="clauses.toml")
    assert fields(refused) == ["number", "zh_hant", "reason_zh_hant", "reason_en"]


def test_a_limit_that_counts_changes_from_a_day_on(draft: Draft) -> None:
    """What it measures only with a day, which closed months' own entry stands beside; its name at once."""
    before, key = draft.text("limits.toml"), ("checked_after", None)
    renamed = draft.do(manual_editing.put_limit, key, draft.limit(name="停火後復查"), path="limits.toml")
    assert renamed == before.replace("停火後一小時內復查", "停火後復查")
    for day in (None, date(2020, 1, 1)):
        with pytest.raises(FormInvalidError) as refused:
            draft.do(manual_editing.put_limit, key, draft.limit(target="PT30M", effective_from=day), path="limits.toml")
        assert fields(refused) == ["effective_from"]
    day = draft.runtime.clock.now().date() + timedelta(days=40)
    dated = draft.do(manual_editing.put_limit, key, draft.limit(target="PT30M", effective_from=day), path="limits.toml")
    assert [(each.effective_from, each.values["target"]) for each in draft.look().limits if each.id == "checked_after"] == [
        (None, "PT1H"), (day, "PT30M")]
    assert dated.startswith(renamed[:renamed.index('[[limit]]\nid = "without_permit"')])
    # what isn't deployed yet may change as it is
    again = draft.do(manual_editing.put_limit, ("checked_after", day), draft.limit(target="PT20M", effective_from=day), path="limits.toml")
    assert again == dated.replace("PT30M", "PT20M")


def test_what_a_limit_names_has_to_be_there(draft: Draft) -> None:
    """Steps, roles, clauses; a target that is none; each beside its field, and nothing saved."""
    before = draft.text("limits.toml")
    for wrong, field in (({"to": ["nowhere:completed"]}, "to"), ({"escalate_to": "nobody"}, "escalate_to"), ({"target": "soon"}, "target"),
                         ({"clause": "renovation 1, renovation 6.2.8"}, "clause"), ({"from": []}, "from"), ({"warn": "x"}, "warn")):
        values = draft.limit(id="another", **wrong)
        with pytest.raises(FormInvalidError) as refused:
            draft.do(manual_editing.put_limit, None, values, path="limits.toml")
        assert fields(refused) == [field]
    assert draft.text("limits.toml") == before


def test_only_those_who_draw_change_it(draft: Draft) -> None:
    """A manager looks."""
    manager = make_user(draft.runtime, "manager")
    with pytest.raises(ForbiddenError):
        run_step(draft.runtime, lambda uow: manual_editing.remove_clause(
            draft.runtime, uow, manager.actor, draft.id, "renovation 7.9", 1))
    with UnitOfWork(draft.runtime.database) as uow:
        assert manual.look(draft.runtime, uow, manager.actor, draft.id).clauses
