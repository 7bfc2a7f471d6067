"""A proposed package: what is different, which cases run, what becomes of them; deployed, put before a second person, or taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import four_eyes, procedure_access, proposals
from engine.errors import ConflictError, DeploymentRefusedError, ForbiddenError, GuichengError, InvalidError
from engine.impact import Group
from engine.persistence.unit_of_work import UnitOfWork
from engine.proposals import Choice
from engine.queries import migrations
from webui import session, unit_of_work
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.rollouts import wording
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

_MAPPING = re.compile(r"^map\.([0-9a-f]{12})\.(.+)$")


def show(proposal_id: int) -> ResponseReturnValue:
    """Everything that is to be known before it is deployed."""
    return _page(proposal_id)


def preview(proposal_id: int) -> ResponseReturnValue:
    """The same with the steps that were named for cases whose own is gone."""
    return _page(proposal_id)


def deploy(proposal_id: int) -> ResponseReturnValue:
    """Deploy it, with what was chosen for running cases."""
    actor, posted = session.actor(), flask.request.form

    def act(uow: UnitOfWork) -> proposals.Deployed:
        return proposals.deploy(
            runtime_of(), uow, actor, proposal_id, _choices(), posted.get("reason", ""), new_due="new_due" in posted)

    return _do(proposal_id, act, "新版本已部署。")


def ask(proposal_id: int) -> ResponseReturnValue:
    """Put it before a second person."""
    actor, posted = session.actor(), flask.request.form

    def act(uow: UnitOfWork) -> None:
        proposals.ask(runtime_of(), uow, actor, proposal_id, _choices(), posted.get("reason", ""), new_due="new_due" in posted)

    return _do(proposal_id, act, "已送請核准；另一位同事核准後就會部署。")


def approve(proposal_id: int) -> ResponseReturnValue:
    """Approve it and deploy it."""
    actor, note = session.actor(), flask.request.form.get("note", "")
    return _do(proposal_id, lambda uow: proposals.approve(runtime_of(), uow, actor, proposal_id, note), "已核准，新版本已部署。")


def refuse(proposal_id: int) -> ResponseReturnValue:
    """Say no, with why."""
    actor, note = session.actor(), flask.request.form.get("note", "")
    return _do(proposal_id, lambda uow: proposals.refuse(runtime_of(), uow, actor, proposal_id, note), "已退回，沒有部署。")


def withdraw(proposal_id: int) -> ResponseReturnValue:
    """Take it back."""
    actor = session.actor()
    return _do(proposal_id, lambda uow: proposals.withdraw(runtime_of(), uow, actor, proposal_id), "已收回提案。")


def mappings() -> dict[str, dict[str, str]]:
    """Steps named for groups: group → step → the step in the new version."""
    found: dict[str, dict[str, str]] = {}
    for name, value in flask.request.form.items():
        match = _MAPPING.match(name)
        if match and value.strip():
            found.setdefault(match[1], {})[match[2]] = value.strip()
    return found


def chosen(group_id: str, default: str = "stay") -> str:
    """`move` or `stay`."""
    return flask.request.form.get(f"group.{group_id}", default)


def _choices() -> list[Choice]:
    named = mappings()
    ids = [name.removeprefix("group.") for name in flask.request.form if name.startswith("group.")]
    return [Choice(each, chosen(each) == "move", named.get(each, {})) for each in ids]


def _do(proposal_id: int, act: Callable[[UnitOfWork], Any], told: str) -> ResponseReturnValue:
    proposals.get(current(), session.actor(), proposal_id)
    try:
        done = unit_of_work.step(act)
    except (InvalidError, ConflictError, DeploymentRefusedError, ForbiddenError) as error:
        unit_of_work.let_go()
        return _page(proposal_id, error)
    flask.flash(gettext(told))
    if isinstance(done, proposals.Deployed) and len(done.run_ids) == 1:
        return flask.redirect(flask.url_for("rollouts.run", run_id=done.run_ids[0]), 303)
    return flask.redirect(flask.url_for("rollouts.show", proposal_id=proposal_id), 303)


def _page(proposal_id: int, error: GuichengError | None = None) -> flask.Response:
    uow, actor = current(), session.actor()
    found = proposals.get(uow, actor, proposal_id)
    named = mappings() or {choice.group_id: dict(choice.mapping) for choice in found.choices if choice.mapping}
    impact = proposals.look(runtime_of(), uow, actor, proposal_id, named) if found.is_open else None
    access = procedure_access.of(uow, found.procedure)[found.procedure]
    is_mine = actor.user_id in (found.made_by, found.asked_by)
    needs_approval = four_eyes.of(uow, found.procedure).is_required
    may_deploy = access.may(actor, "deploy")
    before = {choice.group_id for choice in found.choices}
    groups = impact.groups if impact is not None else ()
    choice_of = {group.id: chosen(group.id, _default(group, before, is_asked=found.state == "asked")) for group in groups}
    home = next((info.id for _, info in impact.processes if info is not None), None) if impact is not None else None
    body = flask.render_template(
        "rollouts/proposal.html", found=found, impact=impact, counting=impact.counting.data if impact and impact.counting else None,
        groups=groups, choice_of=choice_of, named=named, wording=wording,
        targets=impact.targets if impact is not None else (), name_of=lambda text: worded(text, home) if home else text,
        problem=describe_error(error) if error else "", findings=error.findings if isinstance(error, DeploymentRefusedError) else (),
        needs_approval=needs_approval, runs=migrations.runs(uow, actor, proposal_id=proposal_id).rows,
        rights={"deploy": may_deploy and not needs_approval, "ask": needs_approval, "approve": may_deploy and not is_mine,
                "withdraw": is_mine or may_deploy},
        reason=flask.request.form.get("reason", found.reason), new_due="new_due" in flask.request.form or found.new_due,
    )
    return flask.make_response(body, status(error) if error else 200)


def _default(group: Group, before: set[str], *, is_asked: bool) -> str:
    if is_asked:
        return "move" if group.id in before else "stay"
    return "move" if group.verdict == "movable" else "stay"
