"""The page on which a draft is played: begun, refused beside the field, gone on with, moved in time, saved; of somebody else nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from engine.designing import drafts, play_stage, saving
from engine.designing.drafts import DraftFile
from engine.designing.saving import Edit
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_user
from tests.engine.designing.test_playing import FILES
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def _struck() -> Iterator[None]:
    yield
    play_stage.forget()


def _files(runtime: Runtime, draft_id: int) -> list[DraftFile]:
    with UnitOfWork(runtime.database) as uow:
        return drafts.file_list(uow, draft_id)


@pytest.mark.usefixtures("_struck")
def test_a_draft_is_played_and_saved_on_the_page(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    """In English: from the empty page to a scenario in the draft; what is refused says so beside its field and keeps what was typed."""
    person = make_user(runtime, "process_designer", locale="en")
    draft = run_step(runtime, lambda uow: drafts.create(runtime, uow, person.actor, "loan", "files", files=FILES))
    mine, address = visit(person, locale="en"), "/designer/loan/play"

    def send(path: str, **values: str) -> tuple[int, str]:
        """Post with the revision that the page shows."""
        seen = re.search(r'name="seen" value="(\d+)"', mine.get(address).text)
        answer = mine.post(f"{address}{path}", {"seen": seen[1] if seen else "", **values})
        return answer.status_code, answer.text

    assert send("", process="nothing", at="2026-03-02T09:00")[0] == 422
    assert send("", process="loan", at="2026-03-02T09:00")[0] == 303
    code, text = send("/act", items="<b>key</b>")
    assert code == 422
    assert 'id="field-application-unit-error"' in text
    assert "&lt;b&gt;key" in text
    assert "Keep as" in text
    unit = re.search(r'<option value="(\d+)">A-1203', text)
    assert unit is not None
    assert send("/act", items="key", unit=unit[1], **{"unit-chosen": "1"})[0] == 303
    item = re.search(r'name="item" value="(\d+)"', mine.get(address).text)
    assert item is not None
    assert send("/act", item=item[1], **{"play-verb": "claim", "play-who": "1"})[0] == 303
    page = text_of(mine.get(address))
    assert "Service centre manager B (has it)" in page
    assert "Put back" in page
    assert send("/send", wait="0", data="x: 1")[0] == 409
    assert send("/forward", amount="0", unit="hours")[0] == 422
    assert send("/forward", amount="2", unit="hours")[0] == 303
    page = mine.get(address)
    assert 'is-current" data-element-id="review"' in page.text
    assert "2026-03-02 11:00" in text_of(page)
    assert send("/forward", to="next")[0] == 303
    assert send("/undo", keep="3")[0] == 303
    assert send("/save", name="Bad Name", title="", english="")[0] == 422
    assert mine.post(f"{address}/undo", {"keep": "0", "seen": "1"}).status_code == 409
    assert send("/save", name="waits", title="等待", english="Waits")[0] == 303
    with UnitOfWork(runtime.database) as uow:
        assert b"advance: PT2H" in drafts.files(uow, draft.id)["scenarios/waits.yaml"]
    # the draft goes on: a step that it no longer allows is named, and what cannot run at all says so
    def draw(path: str, body: bytes) -> None:
        revision = next(each.revision for each in _files(runtime, draft.id) if each.path == path)
        run_step(runtime, lambda uow: saving.save(runtime, uow, person.actor, draft.id, [Edit(path, body, revision)]))

    draw("forms/application.json", FILES["forms/application.json"].replace(b'["items", "unit"]', b'["items", "unit", "asked_at"]'))
    text = text_of(mine.get(address))
    assert "step 1 no longer works" in text
    assert "(required)" in text
    assert send("/undo", keep="0")[0] == 303
    assert "no longer works" not in text_of(mine.get(address))
    draw("loan.bpmn", FILES["loan.bpmn"].replace(b'calledElement="telling"', b'calledElement="nobody"'))
    assert "cannot be played as it is" in text_of(mine.get(address))
    # everybody plays alone
    other = visit(make_user(runtime, "process_designer", locale="en"), locale="en")
    assert "2026-03-02 11:00" not in text_of(other.get(address))
