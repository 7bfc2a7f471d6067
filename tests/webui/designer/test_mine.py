"""A person's drafts: what they saved and when, put away and opened again; one that was never deployed under the name that is drawn."""

from __future__ import annotations

from collections.abc import Callable

from engine.designing import drafts, mine, saving
from engine.designing.saving import Edit
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_user, simple_process
from tests.webui.visitor import Visitor, text_of


def test_what_a_person_has_in_hand(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    """Their own alone, page by page; who changed it since is named."""
    person, other = (make_user(runtime, "process_designer", locale="en") for _ in range(2))
    body = simple_process("loan", ("a", "manager")).replace(b'name="loan"', b'name="Lending keys"')
    for name in ("loan", "lift"):
        run_step(runtime, lambda uow, name=name: drafts.create(runtime, uow, person.actor, name, "files", files={
            f"{name}.bpmn": body, "forms/a.json": b"{}"}))
    run_step(runtime, lambda uow: drafts.create(runtime, uow, other.actor, "broken", "files", files={"broken.bpmn": b"<no"}))
    run_step(runtime, lambda uow: saving.save(runtime, uow, person.actor, 1, [Edit("forms/a.json", b'{"title": "x"}', 1)]))
    run_step(runtime, lambda uow: saving.save(runtime, uow, other.actor, 1, [Edit("forms/b.json", b"{}", 0)]))
    with UnitOfWork(runtime.database) as uow:
        page = mine.listed(uow, person.actor, limit=1)
        assert [(each.draft.procedure, each.saves, each.paths) for each in page.rows] == [("lift", 1, ())]
        following = mine.listed(uow, person.actor, after=page.after, limit=1)
        assert [(each.draft.procedure, each.saves, each.paths) for each in following.rows] == [("loan", 2, ("forms/a.json",))]
        assert following.after is None
        assert [each.paths for each in mine.listed(uow, other.actor).rows] == [(), ("forms/b.json",)]
    mine_page, address = visit(person), "/designer/my-drafts"
    seen = text_of(mine_page.get(address))
    for words in ("Lending keys", "Your saves: 2", f"changed by {other.actor.name} since", "forms/a.json"):
        assert words in seen, words
    assert mine_page.post("/designer/loan/close", {"next": address}).headers["Location"] == address
    assert "Open again" in text_of(mine_page.get(address))
    assert mine_page.post(f"{address}/1/reopen").headers["Location"] == "/designer/loan"
    assert mine_page.post("/designer/loan/close", {}).status_code == 303
    run_step(runtime, lambda uow: drafts.create(runtime, uow, other.actor, "loan", "files", files={"loan.bpmn": body}))
    assert mine_page.post(f"{address}/1/reopen").headers["Location"] == address
    assert "You have not changed" in text_of(visit(make_user(runtime, "process_designer", locale="en")).get(address))
