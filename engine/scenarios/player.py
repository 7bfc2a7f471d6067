"""Plays one scenario on its scene: does each step through the services as the person named, and compares what is expected.

The first thing that is not as it should be ends the scenario; what the person who wrote it reads says which step, what was expected and
what there was instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Row, select

from engine import definitions, instances, messages, work_items
from engine.content import DefinitionContent
from engine.errors import FormInvalidError, GuichengError
from engine.forms import Form
from engine.jobs import handlers, inline
from engine.model import LIVE_WORK_ITEM_STATES, Actor, JsonObject, WorkItemState
from engine.paths import lookup
from engine.persistence.tables import history_event, incident, instance, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.scenarios.company import Company, extend
from engine.scenarios.looking import Looker, element_names
from engine.scenarios.report import MismatchError, Outcome, Reason, failure
from engine.scenarios.stage import Scene, Stage
from engine.scenarios.story import ITEM_VERBS, UNSAID, Additions, Performer, Refusal, Scenario, Step, Verb
from engine.scenarios.submission import Writer
from engine.steps import run_step

#: due rows that one move of the clock may fire: a case that needs more is not one that a person tells
_MOST_DUE = 20_000


def play(stage: Stage, scenario: Scenario, timed: Collection[str] | None = None) -> Outcome:
    """Play it, and say what came of it. Never raises because of what the scenario or the diagram says.

    `timed`: the processes whose timer starts come due unless the scenario names others; None for every one on the stage.
    """
    with stage.scene(scenario.begins_at, timed if scenario.timers is None else scenario.timers) as scene:
        try:
            player = Player(scene, scenario)
        except GuichengError as error:
            refused = failure(scenario, 1, "示範公司無法建立：{reason}", {"reason": Reason.of(error)})
            return Outcome(scenario, (refused,), frozenset(), frozenset())
        return player.play()


class Player:
    """Plays one scenario in its scene."""

    def __init__(self, scene: Scene, scenario: Scenario) -> None:
        self._scene = scene
        self._runtime = scene.runtime
        self._scenario = scenario
        self._company = self._extend(scene.company, [each for step in scenario.steps for each in (step.performer, step.to)])
        #: instances that a step started, in order
        self._started: list[int] = []
        self._known_incidents: set[int] = set()
        self._delivered = 0

    def _extend(self, company: Company, performers: Iterable[Performer | None]) -> Company:
        with UnitOfWork(self._runtime.database) as uow:
            grown = extend(self._runtime, uow, company, self._scenario.company, [each for each in performers if each is not None])
            uow.commit()
        return grown

    def play(self) -> Outcome:
        """Every step in order, up to the first that does not go as it should."""
        failures = []
        for number, step in enumerate(self._scenario.steps):
            following = self._scenario.steps[number + 1] if number + 1 < len(self._scenario.steps) else None
            try:
                self._step(step, following)
            except MismatchError as error:
                line = step.expect.line if step.expect is not None and error.is_expectation else step.line
                failures.append(failure(self._scenario, line, error.sentence, error.data))
                break
        passed, limits = self._covered()
        return Outcome(self._scenario, tuple(failures), passed, limits)

    def hire(self, performer: Performer) -> None:
        """Let somebody take part whom no step has named so far."""
        if performer.person is not None and performer.person not in self._company.by_name:
            with UnitOfWork(self._runtime.database) as uow:
                self._company = extend(self._runtime, uow, self._company, Additions(), [performer])
                uow.commit()

    def take(self, step: Step) -> None:
        """One step more, for who plays on and looks in between. MismatchError where it does not go as it should."""
        self._step(step, None)

    @property
    def company(self) -> Company:
        """The pretend company of this scene."""
        return self._company

    @property
    def started(self) -> tuple[int, ...]:
        """Instances that a step started, in order."""
        return tuple(self._started)

    def data_of(self, uow: UnitOfWork, item: Row[Any]) -> JsonObject:
        """The data as an open item's token has them."""
        return dict(Looker(self._scene, uow, self._company, self._started).item_data(item))

    # ------------------------------------------------------------ steps

    def _step(self, step: Step, following: Step | None) -> None:
        if step.verb is not Verb.EXPECT:
            self._act(step)
            self._deliver()
            said = [each.expect for each in (step, following) if each is not None and each.expect is not None]
            self._no_new_incident(any(expect.incident is not UNSAID for expect in said))
        if step.expect is not None:
            with UnitOfWork(self._runtime.database) as uow:
                Looker(self._scene, uow, self._company, self._started).look(step.expect)

    def _act(self, step: Step) -> None:
        try:
            self._do(step)
        except GuichengError as error:
            if step.refused is None:
                sentence = "「{verb} {subject}」被拒絕：{reason}"
                raise MismatchError(sentence, verb=step.verb, subject=step.subject, reason=Reason.of(error)) from error
            _check_refusal(step.refused, error)
        else:
            if step.refused is not None:
                raise MismatchError("「{verb} {subject}」應被拒絕（{code}），卻成功了。", verb=step.verb, subject=step.subject,
                                    code=step.refused.code or step.refused.field)

    def _do(self, step: Step) -> None:
        if step.verb is Verb.ADVANCE and step.advance is not None:
            inline.advance(self._runtime, self._scene.clock, step.advance, most=_MOST_DUE)
        elif step.verb is Verb.UNTIL and step.until is not None:
            ahead = step.until - self._scene.clock.now()
            if ahead < timedelta(0):
                now = self._scene.clock.now().astimezone(step.until.tzinfo)
                raise MismatchError("時鐘已過了這一刻，不能倒退；現在是 {now}。", now=now.isoformat())
            inline.advance(self._runtime, self._scene.clock, ahead, most=_MOST_DUE)
        elif step.verb in ITEM_VERBS:
            self._on_item(step)
        elif step.verb is Verb.START:
            self._start(step)
        elif step.verb in (Verb.SEND, Verb.SIGNAL):
            self._send(step)
        else:
            self._on_instance(step)

    def _start(self, step: Step) -> None:
        actor = self._actor(step)
        with UnitOfWork(self._runtime.database) as uow:
            info = definitions.latest(self._runtime, uow, step.subject)
            held = definitions.content(self._runtime, uow, info.id)
        entry = held.diagram.start_by_hand
        form = _form(held, entry.form if entry is not None else None)
        variables = Writer(self._runtime, self._company, actor).write(form, {}, step.data)
        started = run_step(
            self._runtime, lambda uow: instances.start(self._runtime, uow, actor, step.subject, variables, site_id=self._company.site_id)
        )
        self._started.append(started.id)

    def _send(self, step: Step) -> None:
        actor = self._actor(step)
        variables = Writer(self._runtime, self._company, actor).write(None, {}, step.data)
        if step.verb is Verb.SIGNAL:
            found = run_step(self._runtime, lambda uow: messages.send_signal(self._runtime, uow, actor, step.subject, variables))
        else:
            found = run_step(
                self._runtime, lambda uow: messages.send_message(self._runtime, uow, actor, step.subject, step.correlation, variables)
            )
        self._started += [each for each in found if each not in self._started]

    def _on_instance(self, step: Step) -> None:
        actor = self._actor(step)
        with UnitOfWork(self._runtime.database) as uow:
            row = self._instance(uow, step.process)
            broken = self._open_incidents(uow, row.id, step.subject) if step.verb is Verb.RETRY else []
        if step.verb is Verb.RETRY:
            if not broken:
                raise MismatchError("「{element}」沒有待處理的異常。", element=step.subject)
            incident_id = broken[-1].id
            run_step(self._runtime, lambda uow: instances.retry(self._runtime, uow, actor, incident_id))
            return
        verbs = {Verb.CANCEL: instances.cancel, Verb.SUSPEND: instances.suspend, Verb.RESUME: instances.resume}
        run_step(self._runtime, lambda uow: verbs[step.verb](self._runtime, uow, actor, row.id, step.subject))
        # what fell due while it slept happens now, as the scheduler would see to
        inline.run_due(self._runtime)

    def submission(self, step: Step) -> tuple[Row[Any], Actor, JsonObject]:
        """The item that a step completes, who does it, and what is sent."""
        with UnitOfWork(self._runtime.database) as uow:
            item = self._item(uow, step)
            form = _form(definitions.content(self._runtime, uow, item.definition_id), item.form_key)
            context = Looker(self._scene, uow, self._company, self._started).item_data(item) if form is not None else {}
        if step.data and form is None:
            raise MismatchError("「{element}」沒有表單，不能填資料。", element=item.element_id)
        actor = self._actor(step, item)
        return item, actor, Writer(self._runtime, self._company, actor).write(form, dict(context), step.data)

    def _on_item(self, step: Step) -> None:
        runtime = self._runtime
        if step.verb is Verb.COMPLETE:
            item, actor, variables = self.submission(step)
            if item.state == WorkItemState.OPEN and step.refused is None:
                run_step(runtime, lambda uow: work_items.claim(runtime, uow, actor, item.id))
            run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item.id, variables))
            return
        with UnitOfWork(runtime.database) as uow:
            item = self._item(uow, step)
        actor = self._actor(step, item)
        writer = Writer(runtime, self._company, actor)
        if step.verb is Verb.CLAIM:
            run_step(runtime, lambda uow: work_items.claim(runtime, uow, actor, item.id))
        elif step.verb is Verb.UNCLAIM:
            run_step(runtime, lambda uow: work_items.unclaim(runtime, uow, actor, item.id))
        elif step.verb in (Verb.ASSIGN, Verb.DELEGATE):
            to = self._person(step.to)
            verb = work_items.assign if step.verb is Verb.ASSIGN else work_items.delegate
            run_step(runtime, lambda uow: verb(runtime, uow, actor, item.id, to.user_id or 0))
        elif step.verb is Verb.RESOLVE:
            answer = writer.write(None, {}, step.data)
            run_step(runtime, lambda uow: work_items.resolve(runtime, uow, actor, item.id, answer or None))
        else:
            run_step(runtime, lambda uow: work_items.return_to(runtime, uow, actor, item.id, step.to_element, step.reason))

    # ------------------------------------------------------------ who and what

    def _person(self, performer: Performer | None) -> Actor:
        assert performer is not None
        found = self._company.by_name.get(performer.person) if performer.person else self._company.by_role.get(performer.role)
        if found is None:
            raise MismatchError("公司裡沒有「{role}」這個角色。", role=performer.role)
        return found

    def _actor(self, step: Step, item: Row[Any] | None = None) -> Actor:
        """Who acts. An outside person acts at the device of whoever attends the item."""
        performer = step.performer
        assert performer is not None
        role = self._runtime.organisation.roles.get(performer.role)
        if role is None or not role.is_outside:
            return self._person(performer)
        if item is None:
            raise MismatchError("「{role}」沒有帳號，不能做這一步；請寫由誰代為辦理。", role=performer.role)
        if item.outside != performer.role:
            raise MismatchError("「{element}」不由「{role}」辦理。", element=item.element_id, role=performer.role)
        return self._person(Performer(item.role))

    def _item(self, uow: UnitOfWork, step: Step) -> Row[Any]:
        rows = [row for row in live_items(uow) if step.process in (None, row.definition_key)]
        found = [row for row in rows if row.element_id == step.subject]
        if isinstance(step.item, int):
            if step.item > len(found):
                sentence = "「{element}」只有 {count} 項待辦，沒有第 {number} 項。"
                raise MismatchError(sentence, element=step.subject, count=len(found), number=step.item)
            return found[step.item - 1]
        if step.item is not None:
            looker = Looker(self._scene, uow, self._company, self._started)
            wanted = step.item
            found = [row for row in found if all(lookup(looker.item_data(row), path) == value for path, value in wanted.items())]
        if not found:
            raise MismatchError("沒有「{element}」的待辦；目前的待辦：{open}。", element=step.subject, open=element_names(rows))
        if len(found) > 1 and step.performer is not None:
            # of a signature chain each signer has an item
            found = self._of_performer(found, step.performer) or found
        if len(found) > 1:
            raise MismatchError("「{element}」有 {count} 項待辦，請以 item 或 in 指明是哪一項。", element=step.subject, count=len(found))
        return found[0]

    def _of_performer(self, rows: list[Row[Any]], performer: Performer) -> list[Row[Any]]:
        """Those that the performer has, else those that lie in the performer's list."""
        person = None if self._is_outside(performer) else self._person(performer)
        mine = [row for row in rows if person is not None and row.assignee_id == person.user_id]
        return mine or [row for row in rows if performer.role in (row.role, row.outside) and row.assignee_id is None]

    def _is_outside(self, performer: Performer) -> bool:
        role = self._runtime.organisation.roles.get(performer.role)
        return role is not None and role.is_outside

    def _instance(self, uow: UnitOfWork, process: str | None) -> Row[Any]:
        return Looker(self._scene, uow, self._company, self._started).instance(process)

    # ------------------------------------------------------------ around a step

    def _deliver(self) -> None:
        """Messages that diagrams threw reach whoever waits, as the job engine would see to."""
        while self._delivered < len(self._scene.outbox.sent):
            name, key, payload = self._scene.outbox.sent[self._delivered]
            self._delivered += 1
            if name == "deliver_event":
                handlers.deliver_event(self._runtime, key, payload)

    def _open_incidents(self, uow: UnitOfWork, instance_id: int | None = None, element_id: str | None = None) -> list[Row[Any]]:
        query = select(incident).where(incident.c.resolved_at.is_(None)).order_by(incident.c.id)
        if instance_id is not None:
            query = query.where(incident.c.instance_id == instance_id)
        return [row for row in uow.reading.execute(query) if element_id in (None, row.element_id)]

    def _no_new_incident(self, is_expected: bool) -> None:
        with UnitOfWork(self._runtime.database) as uow:
            fresh = [row for row in self._open_incidents(uow) if row.id not in self._known_incidents]
        self._known_incidents.update(row.id for row in fresh)
        if fresh and not is_expected:
            message = orjson.loads(fresh[0].message)
            reason = message["sentence"].format_map({"element_id": "—", "reason": "—", **message["data"]})
            raise MismatchError("「{element}」出了異常：{reason}", element=fresh[0].element_id or "—", reason=reason)

    def _covered(self) -> tuple[frozenset[str], frozenset[str]]:
        passed: set[str] = set()
        with UnitOfWork(self._runtime.database) as uow:
            query = select(instance.c.definition_key, history_event.c.detail).join(instance, instance.c.id == history_event.c.instance_id)
            for key, detail in uow.reading.execute(query.where(history_event.c.detail.is_not(None))):
                for mark in orjson.loads(detail).get("passed", ()):
                    name = mark.removeprefix("-")
                    passed.add(name if "/" in name else f"{key}/{name}")
            limits = frozenset(uow.reading.execute(select(limit_clock.c.limit_id).distinct()).scalars())
        return frozenset(passed), limits


def live_items(uow: UnitOfWork) -> list[Row[Any]]:
    """Every item that can be acted on, in the order in which they appeared."""
    return list(uow.reading.execute(select(work_item).where(work_item.c.state.in_(LIVE_WORK_ITEM_STATES)).order_by(work_item.c.id)))


def _form(held: DefinitionContent, key: str | None) -> Form | None:
    return None if key is None else held.forms.get(key)


def _check_refusal(wanted: Refusal, error: GuichengError) -> None:
    if isinstance(error, FormInvalidError):
        if any(wanted.field in (None, each.field) and wanted.code in (None, each.code, error.code) for each in error.errors):
            return
    elif wanted.field is None and wanted.code == error.code:
        return
    named = " ".join(part for part in (wanted.field, wanted.code) if part)
    raise MismatchError("應被拒絕於「{wanted}」，卻是：{reason}", wanted=named, reason=Reason.of(error))
