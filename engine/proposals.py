"""A package on its way to being deployed: looked at against what runs, approved by a second person where one is needed, deployed together
with what becomes of running cases. It stays on record with who asked and who approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.orm import aliased

from engine import definitions, impact, migration_runs, permissions, procedure_access
from engine.designing import contents, deploying, drafts
from engine.diagram import read_diagram
from engine.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from engine.impact import Impact
from engine.model import Actor
from engine.persistence.tables import deployment, proposal, proposal_file, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.runtime import Runtime
from engine.scenarios.checking import deploy_checked

PERMISSION = "procedure:read-drafts"
_OPEN = ("draft", "asked")


class ProposalOverError(ConflictError):
    """Expected a proposal that is not decided yet."""

    code = "proposal_over"
    sentence = "這份提案已經處理過，不能再次處理。"


class OwnProposalError(ForbiddenError):
    """Expected another person than who proposed it."""

    code = "own_proposal"
    sentence = "不能核准自己提出的版本，請由另一位同事核准。"


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of the cases of one group."""

    group_id: str
    moves: bool
    #: element id → its id in the new version, where it isn't the same
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One, without its files."""

    id: int
    procedure: str
    name: str
    keys: tuple[str, ...]
    #: `draft`, `asked`, `deployed`, `refused`, `withdrawn`
    state: str
    note: str
    restores_id: int | None
    made_at: datetime
    made_by: int | None
    made_by_name: str
    asked_at: datetime | None
    asked_by: int | None
    asked_by_name: str
    choices: tuple[Choice, ...]
    reason: str
    new_due: bool
    decided_at: datetime | None
    decided_by_name: str
    decision_note: str
    deployment_id: int | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state in _OPEN


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment came to."""

    deployment_id: int
    #: runs that move running cases, one a process
    run_ids: tuple[int, ...]


def make(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, files: Mapping[str, bytes], *, procedure: str | None = None, note: str = "",
    restores_id: int | None = None,
) -> int:
    """Keep a package to be looked at; its id. DeploymentRefusedError with every finding for one that could not be deployed."""
    permissions.require(actor, "procedure:design")
    running = definitions.normalised(runtime, uow, files)
    diagrams = [each for name, body in running.items() if name.endswith(".bpmn") for each in read_diagram(body).values()]
    keys = sorted(each.process_id for each in diagrams)
    procedure = procedure or definitions.procedure_of(uow, keys)
    procedure_access.require(uow, actor, procedure, "design")
    named = next((each for each in diagrams if each.process_id == procedure), diagrams[0])
    digests = contents.keep(uow, [*files.values(), *running.values()])
    proposal_id: int = uow.writing.execute(
        insert(proposal)
        .values(
            state="draft", procedure=procedure, name=named.name, keys=orjson.dumps(keys).decode(), note=note.strip(),
            restores_id=restores_id, made_at=runtime.clock.now(), made_by=actor.user_id,
        )
        .returning(proposal.c.id)
    ).scalar_one()
    uow.writing.execute(insert(proposal_file), [
        {"proposal_id": proposal_id, "name": name, "digest": digests[body],
         "normalised_digest": None if running[name] == body else digests[running[name]]} for name, body in files.items()])
    return proposal_id


def from_draft(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, note: str = "") -> int:
    """Propose a draft as it stands now; its id. Deployed, it is the draft's version."""
    draft = drafts.get(uow, actor, draft_id)
    return make(runtime, uow, actor, drafts.files(uow, draft_id), procedure=draft.procedure, note=note)


def restore(runtime: Runtime, uow: UnitOfWork, actor: Actor, definition_id: int, note: str = "") -> int:
    """Propose an earlier version's files anew, byte for byte; its id."""
    info = definitions.get(runtime, uow, definition_id)
    files = definitions.files_of(uow, info.deployment_id)
    name: str | None = uow.reading.execute(select(deployment.c.procedure).where(deployment.c.id == info.deployment_id)).scalar()
    return make(runtime, uow, actor, files, procedure=name, note=note, restores_id=info.deployment_id)


def get(uow: UnitOfWork, actor: Actor, proposal_id: int) -> Proposal:
    """One; NotFoundError if there is none."""
    permissions.require(actor, PERMISSION)
    row = uow.reading.execute(_select().where(proposal.c.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="提案", id=proposal_id)
    return _proposal(row)


def listed(uow: UnitOfWork, actor: Actor, *, is_open: bool | None = None, after: str | None = None, limit: int = 30) -> Page[Proposal]:
    """The newest first; only those that wait for somebody, or only the others."""
    permissions.require(actor, PERMISSION)
    query = _select().order_by(proposal.c.id.desc()).limit(clamp(limit) + 1)
    if is_open is not None:
        query = query.where(proposal.c.state.in_(_OPEN) if is_open else proposal.c.state.not_in(_OPEN))
    if after is not None:
        query = query.where(proposal.c.id < decode("proposals", after, [int])[0])
    rows = [_proposal(row) for row in uow.reading.execute(query)]
    return Page(tuple(rows[:clamp(limit)]), encode("proposals", [rows[clamp(limit) - 1].id]) if len(rows) > clamp(limit) else None)


def files(uow: UnitOfWork, actor: Actor, proposal_id: int) -> dict[str, bytes]:
    """Its package."""
    get(uow, actor, proposal_id)
    return _bodies(uow, proposal_file.c.digest, proposal_id)


def look(runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, mappings: Mapping[str, Mapping[str, str]]) -> Impact:
    """What it would do. `mappings` as for `impact.of_package`."""
    running = _bodies(uow, func.coalesce(proposal_file.c.normalised_digest, proposal_file.c.digest), proposal_id)
    return impact.of_package(runtime, uow, actor, files(uow, actor, proposal_id), mappings, running)


def ask(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, choices: Sequence[Choice], reason: str, *, new_due: bool = False
) -> None:
    """Put it before a second person, with what shall become of running cases."""
    permissions.require(actor, "procedure:design")
    _locked(uow, proposal_id, "draft")
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    uow.writing.execute(update(proposal).where(proposal.c.id == proposal_id).values(
        state="asked", asked_at=runtime.clock.now(), asked_by=actor.user_id, choices=_packed(choices, reason, new_due=new_due)))


def approve(runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, note: str = "") -> Deployed:
    """Approve what another person has asked for, and deploy it. OwnProposalError for whoever proposed it or asked for it."""
    row = _locked(uow, proposal_id, "asked")
    procedure_access.require(uow, actor, row.procedure, "deploy")
    if actor.user_id is None or actor.user_id in (row.asked_by, row.made_by):
        raise OwnProposalError
    found = get(uow, actor, proposal_id)
    return _deploy(runtime, uow, actor, found, found.choices, found.reason, note, new_due=found.new_due, is_approved=True)


def deploy(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, choices: Sequence[Choice] = (), reason: str = "", *,
    new_due: bool = False,
) -> Deployed:
    """Deploy it, and let running cases be moved as chosen. ApprovalNeededError where a second person has to approve."""
    row = _locked(uow, proposal_id, "draft")
    procedure_access.require(uow, actor, row.procedure, "deploy")
    if any(choice.moves for choice in choices) and not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    found = get(uow, actor, proposal_id)
    packed = _packed(choices, reason, new_due=new_due)
    uow.writing.execute(update(proposal).where(proposal.c.id == proposal_id).values(choices=packed))
    return _deploy(runtime, uow, actor, found, choices, reason, "", new_due=new_due, is_approved=False)


def refuse(runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, note: str) -> None:
    """Say no to what another person has asked for, with why."""
    row = _locked(uow, proposal_id, "asked")
    procedure_access.require(uow, actor, row.procedure, "deploy")
    if not note.strip():
        raise InvalidError(reason="請填寫原因。")
    _decide(runtime, uow, actor, proposal_id, "refused", note)


def withdraw(runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int) -> None:
    """Take it back: whoever made it or asked for it, or who may deploy it."""
    row = _locked(uow, proposal_id, *_OPEN)
    permissions.require(actor, "procedure:design")
    if actor.user_id not in (row.made_by, row.asked_by):
        procedure_access.require(uow, actor, row.procedure, "deploy")
    _decide(runtime, uow, actor, proposal_id, "withdrawn", "")


# ---------------------------------------------------------------- inside

def _bodies(uow: UnitOfWork, digest: ColumnElement[Any], proposal_id: int) -> dict[str, bytes]:
    query = select(proposal_file.c.name, digest.label("digest")).where(proposal_file.c.proposal_id == proposal_id)
    return contents.bodies(uow, {row.name: bytes(row.digest) for row in uow.reading.execute(query.order_by(proposal_file.c.name))})


def _deploy(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, found: Proposal, choices: Sequence[Choice], reason: str, note: str, *, new_due: bool,
    is_approved: bool,
) -> Deployed:
    done = deploy_checked(
        runtime, uow, actor, files(uow, actor, found.id), note=found.note or reason, procedure=found.procedure, is_approved=is_approved)
    assert done.id is not None
    _decide(runtime, uow, actor, found.id, "deployed", note, deployment_id=done.id)
    draft = drafts.find(uow, actor, found.procedure)
    if draft is not None and drafts.files(uow, draft.id) == files(uow, actor, found.id):
        deploying.keep(runtime, uow, actor, draft, done, found.note or reason)
    moved = {choice.group_id: choice for choice in choices if choice.moves}
    run_ids = []
    for info in done.definitions:
        mappings = {group_id: choice.mapping for group_id, choice in moved.items() if choice.mapping}
        groups = impact.of_version(runtime, uow, actor, info.id, mappings) if moved else ()
        chosen = [
            migration_runs.Chosen(group.instance_ids, moved[group.id].mapping) for group in groups if group.id in moved]
        if chosen:
            run_ids.append(migration_runs.begin(
                runtime, uow, actor, info.id, chosen, reason or found.note, new_due=new_due, proposal_id=found.id))
    return Deployed(done.id, tuple(run_ids))


def _decide(runtime: Runtime, uow: UnitOfWork, actor: Actor, proposal_id: int, state: str, note: str, **more: Any) -> None:
    uow.writing.execute(update(proposal).where(proposal.c.id == proposal_id).values(
        state=state, decided_at=runtime.clock.now(), decided_by=actor.user_id, decision_note=note.strip(), **more))


def _locked(uow: UnitOfWork, proposal_id: int, *states: str) -> Row[Any]:
    row = uow.writing.execute(select(proposal).where(proposal.c.id == proposal_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(kind="提案", id=proposal_id)
    if row.state not in states:
        raise ProposalOverError
    return row


def _packed(choices: Sequence[Choice], reason: str, *, new_due: bool) -> str:
    told = {choice.group_id: dict(choice.mapping) for choice in choices if choice.moves}
    return orjson.dumps({"moves": told, "reason": reason.strip(), "new_due": new_due}).decode()


def _select() -> Select[Any]:
    made, asked, decided = (aliased(user, name=name) for name in ("made", "asked", "decided"))
    return (
        select(
            proposal, made.c.display_name.label("made_name"), asked.c.display_name.label("asked_name"),
            decided.c.display_name.label("decided_name"),
        )
        .select_from(
            proposal.outerjoin(made, made.c.id == proposal.c.made_by).outerjoin(asked, asked.c.id == proposal.c.asked_by)
            .outerjoin(decided, decided.c.id == proposal.c.decided_by))
    )


def _proposal(row: Row[Any]) -> Proposal:
    said = orjson.loads(row.choices)
    return Proposal(
        row.id, row.procedure, row.name, tuple(orjson.loads(row.keys)), row.state, row.note, row.restores_id, row.made_at, row.made_by,
        row.made_name or "", row.asked_at, row.asked_by, row.asked_name or "",
        tuple(Choice(group_id, True, mapping) for group_id, mapping in said.get("moves", {}).items()), said.get("reason", ""),
        said.get("new_due", False), row.decided_at, row.decided_name or "", row.decision_note, row.deployment_id,
    )
