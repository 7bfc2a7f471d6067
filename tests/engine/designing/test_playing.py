"""Playing a draft: what was done is kept, played again at each look, taken back, and saved as a scenario that the check passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.designing import drafts, kept_scenarios, play_stage, playing
from engine.designing.play_stage import NotRefusedError
from engine.designing.playing import Deed, NothingDueError, PlayMovedError, Shown
from engine.errors import ForbiddenError, FormInvalidError, GuichengError, NotFoundError
from engine.forms import FieldView
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.checking import check
from tests.builders import make_user, simple_process
from tests.engine.scenarios.small import form
from tests.engine.spiff.xml import bpmn, chain, node, properties, timer

pytestmark = pytest.mark.databases("sqlite")
_LANES = ("<laneSet id='lanes'><lane id='customer_service' name='customer_service'><flowNodeRef>begin</flowNodeRef></lane>"
          "<lane id='manager' name='manager'>"
          "<flowNodeRef>review</flowNodeRef><flowNodeRef>remind</flowNodeRef><flowNodeRef>inform</flowNodeRef></lane></laneSet>")
_TWICE = "<loopCardinality>2</loopCardinality>"
#: a start with a form, a review with a signature and photos, somebody reminded after a day; then something done twice, and a called process
FILES = {
    "loan.bpmn": bpmn(
        _LANES + node("begin", "start", properties(form="application")) + node("review", "user", properties(form="review", due="PT4H"))
        + node("inform", "user", f"<multiInstanceLoopCharacteristics>{_TWICE}</multiInstanceLoopCharacteristics>")
        + node("tell", "call", calledElement="telling") + chain("begin review inform tell done:end")
        + node("late", "boundary", timer("Duration", "P1D"), attachedToRef="review", cancelActivity="false")
        + node("remind", "user") + chain("late remind reminded:end"),
        process='id="loan" name="借用" isExecutable="true"'),
    "telling.bpmn": simple_process("telling", ("tell_tenant", "customer_service")),
    "forms/application.json": form("申請", ["items", "unit"], items={"type": "string", "title": "事項"},
                                   unit={"type": "object", "format": "unit", "title": "單元"},
                                   asked_at={"type": "string", "format": "date-time", "title": "時間", "ui:prefill": "@now"}),
    "forms/review.json": form("審核", ["outcome", "signature"], outcome={"type": "string", "title": "結果"},
                              photos={"type": "array", "format": "photo", "title": "照片"},
                              signature={"type": "object", "format": "signature", "title": "簽名"}),
}


class Designer:
    """Somebody who plays a draft."""

    def __init__(self, runtime: Runtime, files: dict[str, bytes] = FILES) -> None:
        self.runtime = runtime
        self.actor = make_user(runtime, "process_designer").actor
        self.draft = self.do(drafts.create, "loan", "files", files=files).id

    def do(self, act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return run_step(self.runtime, lambda uow: act(self.runtime, uow, self.actor, *arguments, **options))

    def look(self, **options: Any) -> Shown:
        with UnitOfWork(self.runtime.database) as uow:
            return playing.show(self.runtime, uow, self.actor, self.draft, "en", **options)

    def begin(self) -> None:
        self.do(playing.begin, self.draft, "loan", playing.first_morning(self.runtime))

    def act(self, posted: dict[str, list[str]], item_id: int | None = None, deed: Deed = playing.COMPLETE) -> Any:
        return self.do(playing.act, self.draft, "en", posted, item_id=item_id, seen=self.look().revision, deed=deed)

    def forward(self, by: timedelta | None = None) -> None:
        self.do(playing.forward, self.draft, "en", by, seen=self.look().revision)


@pytest.fixture
def designer(runtime: Runtime) -> Iterator[Designer]:
    yield Designer(runtime)
    play_stage.forget()


def _opened(shown: Shown, name: str) -> FieldView:
    assert shown.form is not None
    return next(field for group in shown.form.groups for field in group.fields if field.name == name)


def test_a_play_with_a_timer_becomes_a_scenario_that_passes(designer: Designer, tmp_path: Path) -> None:
    """Refused first, then started, let lie until somebody is reminded, taken back, done again and signed, with two items of
    one element and a called process; the folder's check plays it."""
    designer.begin()
    with pytest.raises(FormInvalidError) as refused:
        designer.act({"items": [""]})
    assert {error.field for error in refused.value.errors} == {"items", "unit"}
    with pytest.raises(NothingDueError):
        designer.forward()
    opened = designer.look()
    unit = next(str(option["id"]) for option in _opened(opened, "unit").options or () if option["label"] == "A-1202")
    designer.act({"items": ["鑰匙"], "unit": [unit], "unit-chosen": ["1"], "asked_at": [_opened(opened, "asked_at").value]})
    begun = designer.look()
    assert [(step.element_id, step.cast[0].performer) for step in begun.open_steps] == [("review", "manager")]
    assert begun.next_due_at is not None
    designer.forward(timedelta(hours=5))
    assert designer.look().open_steps[0].is_overdue
    designer.forward()
    reminded = designer.look()
    assert [step.element_id for step in reminded.open_steps] == ["review", "remind"]
    assert reminded.now - begun.now == timedelta(days=1)
    designer.do(playing.undo, designer.draft, keep=2, seen=reminded.revision)
    with pytest.raises(PlayMovedError):
        designer.do(playing.forward, designer.draft, "en", None, seen=reminded.revision)
    designer.forward()
    for step in designer.look().open_steps:
        designer.act({"outcome": ["ok"], "photos": ["true"], "signature": ["true"]} if step.element_id == "review" else {}, step.id)
    for step in designer.look().open_steps:
        designer.act({}, step.id)
    called = designer.look()
    assert [(step.process, step.element_id) for step in called.open_steps] == [("telling", "tell_tenant")]
    assert len(called.pictures) == 2
    designer.act({}, called.open_steps[0].id)
    ended = designer.look()
    assert (ended.case_state, len(ended.done)) == ("completed", 8)
    path = designer.do(playing.save, designer.draft, "en", name="reminded", title="提醒", english="Reminded", seen=ended.revision)
    with UnitOfWork(designer.runtime.database) as uow:
        files = drafts.files(uow, designer.draft)
    text = files[path].decode()
    assert "unit: A-1202" in text
    assert "signature: manager" in text
    # what the form opens with by itself is not told
    assert "asked_at" not in text
    for name, body in files.items():
        (tmp_path / "loan" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "loan" / name).write_bytes(body)
    (tmp_path / "organisation.toml").write_bytes((designer.runtime.settings.bpmn / "organisation.toml").read_bytes())
    outcome, = check(tmp_path / "loan").procedures[0].outcomes
    assert outcome.failures == ()
    with pytest.raises(FormInvalidError):
        designer.do(playing.save, designer.draft, "en", name="reminded", title="提醒", english="Reminded", seen=ended.revision)
    # in its place; and gone, as no longer true
    designer.do(playing.save, designer.draft, "en", name="reminded", title="催辦", english="Reminded", seen=ended.revision, replaces=True)
    with UnitOfWork(designer.runtime.database) as uow:
        assert [each.name for each in kept_scenarios.listed(uow, designer.actor, designer.draft)] == ["催辦"]
    assert designer.do(kept_scenarios.remove, designer.draft, "reminded").path == path
    with pytest.raises(NotFoundError):
        designer.do(kept_scenarios.remove, designer.draft, "reminded")


def test_colleagues_messages_and_refusals_are_told(runtime: Runtime) -> None:
    """A step is taken by a second person of its role, which keeps the first one out, put back and sent back; a refusal that has to be is
    kept; a message is sent to the case by its own values; the scenario of it all passes when the draft is checked."""
    lanes = ("<laneSet id='lanes'><lane id='manager' name='manager'><flowNodeRef>begin</flowNodeRef><flowNodeRef>review</flowNodeRef>"
             "<flowNodeRef>second</flowNodeRef></lane></laneSet>")
    held = properties(correlation="{'subject': application['items']}")
    body = (lanes + node("begin", "start", properties(form="application")) + node("review", "user", properties(form="review"))
            + node("second", "user") + node("await_paid", "receive", held, messageRef="paid")
            + chain("begin review second await_paid done:end"))
    drawn = bpmn(body, before="<message id='paid' name='paid'/>", process='id="loan" name="借用" isExecutable="true"')
    forms = {path: text for path, text in FILES.items() if path.endswith(".json")}
    designer = Designer(runtime, {"loan.bpmn": drawn, **forms})
    designer.begin()
    unit = next(str(option["id"]) for option in _opened(designer.look(), "unit").options or () if option["label"] == "A-1202")
    designer.act({"items": ["鑰匙"], "unit": [unit], "unit-chosen": ["1"]})
    review, = designer.look().open_steps
    assert len(review.cast) == 3
    wrong, right = {"outcome": [""], "signature": ["true"]}, {"outcome": ["ok"], "signature": ["true"]}
    with pytest.raises(FormInvalidError):
        designer.act(wrong, review.id)
    with pytest.raises(NotRefusedError):
        designer.act(right, review.id, Deed(is_refused=True))
    designer.act(wrong, review.id, Deed(is_refused=True))
    designer.act({}, review.id, Deed("claim", who=1))
    taken, = designer.look().open_steps
    assert taken.holder == taken.cast[0].told != review.cast[0].told
    with pytest.raises(GuichengError) as refused:
        designer.act(right, review.id, Deed(who=1))
    assert refused.value.code == "work_item_not_yours"
    designer.act({}, review.id, Deed("unclaim"))
    designer.act(right, review.id, Deed(who=2))
    second = designer.look()
    assert second.earlier == (("review", "review"),)
    designer.act({}, second.open_steps[0].id, Deed("return", to="review", reason="again"))
    for _ in range(2):
        designer.act(right if designer.look().open_steps[0].element_id == "review" else {}, designer.look().open_steps[0].id)
    waiting = designer.look()
    assert [(each.kind, each.name, each.correlation) for each in waiting.waits] == [("message", "paid", {"subject": "鑰匙"})]
    with pytest.raises(FormInvalidError):
        designer.do(playing.send, designer.draft, "en", number=0, text="no colon", seen=waiting.revision)
    designer.do(playing.send, designer.draft, "en", number=0, text="amount: 12.5\npayer: 王", seen=waiting.revision)
    ended = designer.look()
    assert (ended.case_state, [step.is_refused for step in ended.done].count(True)) == ("completed", 1)
    path = designer.do(playing.save, designer.draft, "en", name="all", title="全部", english="All", seen=ended.revision)
    with UnitOfWork(runtime.database) as uow:
        text = drafts.files(uow, designer.draft)[path].decode()
    colleague = f"person: {runtime.organisation.roles['manager'].name}乙"
    for words in ("field: outcome", "claim: review", colleague, "to: review", "send: paid", "subject: 鑰匙", "amount: 12.5"):
        assert words in text, words
    play_stage.forget()


def test_only_who_designs_plays(designer: Designer) -> None:
    """Looking on is not playing."""
    manager = make_user(designer.runtime, "manager").actor
    with UnitOfWork(designer.runtime.database) as uow, pytest.raises(ForbiddenError):
        playing.find(uow, manager, designer.draft)
