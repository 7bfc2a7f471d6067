"""Gathers what the page of a case shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import instances, migration, migration_undo, moving
from engine.forms import FormView, readonly_view
from engine.model import Actor, InstanceState
from engine.permissions import may
from engine.queries import approvals, dossier, history, reporters, work_items
from engine.queries import instances as queries
from engine.queries.approvals import Reader
from engine.queries.dossier import Place
from engine.queries.instances import AwaitedRow, FileRow, IncidentRow, InstanceRow, LimitRow, RecordRow
from engine.queries.reporters import ReporterRow
from engine.queries.work_items import WorkItemRow
from engine.voiding import may_void
from webui.approvals.panel import ChainView, SignatureNote, chains, signature_notes
from webui.cases.changes import Change, changes
from webui.cases.picture import Picture, pictures
from webui.cases.story import Told, tell
from webui.dossier import identity
from webui.start.offers import Offer, linked_offers
from webui.talk import panel as talk_panel
from webui.talk.panel import Talk
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts

_EVENTS = 60
_OPEN_STATES = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do with the case now."""

    suspend: bool
    resume: bool
    cancel: bool
    retry: bool
    #: end a case of one's own
    revoke: bool
    nudge: bool
    #: put it to another step by hand
    move: bool
    #: let it go on in another version of its procedure
    migrate: bool
    #: take a mistaken entry back
    void: bool
    #: let a further caller join
    report: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything on the page."""

    case: InstanceRow
    rights: Rights
    pictures: tuple[Picture, ...]
    open_items: tuple[WorkItemRow, ...]
    #: work items that this person may look at
    visible_items: frozenset[int]
    forms: tuple[FormView, ...]
    limits: tuple[LimitRow, ...]
    records: tuple[RecordRow, ...]
    files: tuple[FileRow, ...]
    incidents: tuple[IncidentRow, ...]
    children: tuple[InstanceRow, ...]
    #: what this person may start beside it
    offers: tuple[Offer, ...]
    events: tuple[Told, ...]
    #: what was filled in again
    changes: tuple[Change, ...]
    #: times and messages that it waits for
    awaited: tuple[AwaitedRow, ...]
    chains: tuple[ChainView, ...]
    #: signatures outside chains, with what has changed since
    signatures: tuple[SignatureNote, ...]
    #: who has a copy
    readers: tuple[Reader, ...]
    talk: Talk
    #: the move that this person can undo now
    undoable: int | None
    #: the run whose move to another version this person can undo now
    migration: int | None
    #: cursor to earlier events; None when all are shown
    earlier: str | None
    #: who called besides the first
    reporters: tuple[ReporterRow, ...]
    #: units and tenants that it concerns
    places: tuple[Place, ...]
    #: whether it holds papers of identity that this person may look at
    has_identity: bool


def gather(actor: Actor, instance_id: int) -> CasePage:
    """The page of a case. NotFoundError where it isn't the person's to see."""
    uow = current()
    case = queries.get(uow, actor, instance_id)
    view = instances.inspect(runtime_of(), uow, instance_id)
    items = work_items.of_instance(uow, instance_id)
    incidents = queries.incidents(uow, instance_id)
    told = history.page(uow, instance_id, limit=_EVENTS, newest_first=True)
    open_items = tuple(item for item in items if item.is_live)
    talk = talk_panel.gather(actor, instance_id, case.site_id)
    attached = {each.row.file_id for each in talk.attachments}
    return CasePage(
        case=case, rights=_rights(actor, case),
        pictures=pictures(case, view, items, [entry.element_id for entry in incidents if entry.resolved_at is None]),
        open_items=open_items, visible_items=frozenset(item.id for item in open_items if work_items.may_see(actor, item)),
        forms=_forms(items, view.variables, case.definition_id), limits=queries.limits(uow, instance_id),
        records=queries.records(uow, instance_id),
        # signatures stand in the forms that they sign, attachments in a panel of their own
        files=tuple(each for each in queries.files(uow, instance_id) if each.kind != "signature" and each.id not in attached),
        talk=talk,
        incidents=incidents, children=queries.children(uow, instance_id),
        offers=linked_offers(actor, instance_id),
        events=tell(told.rows, instance_id, case.definition_id, may_correct=may(actor, "time:correct", case.site_id)), earlier=told.after,
        undoable=moving.undoable(uow, instance_id) if any(each.type == moving.MOVED for each in told.rows) else None,
        migration=migration_undo.undoable(uow, instance_id) if any(each.type == migration.MIGRATED for each in told.rows) else None,
        changes=changes(told.rows, dict.fromkeys([case.definition_id, *(item.definition_id for item in items)])),
        awaited=queries.awaited(uow, instance_id),
        chains=chains(actor, instance_id, case.site_id, view.variables),
        signatures=signature_notes(instance_id, view.variables, case.definition_id), readers=approvals.readers(uow, instance_id),
        reporters=reporters.of_case(uow, instance_id), places=dossier.places_of(uow, actor, instance_id),
        has_identity=identity.offered(instance_id, case.site_id, view.variables, case.definition_id),
    )


def _forms(items: tuple[WorkItemRow, ...], variables: Mapping[str, object], definition_id: int) -> tuple[FormView, ...]:
    """What was filled in, each form once, in the order of the data; forms of called procedures come from their own deployments."""
    homes = {definition_id, *(item.definition_id for item in items)}
    views = []
    for key, values in variables.items():
        if not isinstance(values, Mapping):
            continue
        home = next((each for each in sorted(homes, key=lambda each: each != definition_id) if key in content(each).forms), None)
        if home is not None:
            views.append(readonly_view(content(home).forms[key], dict(values), texts(home)))
    return tuple(view for view in views if view.groups)


def _rights(actor: Actor, case: InstanceRow) -> Rights:
    state = InstanceState(case.state)
    return Rights(
        suspend=state is InstanceState.ACTIVE and may(actor, "process-instance:suspend", case.site_id),
        resume=state is InstanceState.SUSPENDED and may(actor, "process-instance:suspend", case.site_id),
        cancel=state in _OPEN_STATES and may(actor, "process-instance:cancel", case.site_id),
        revoke=state in _OPEN_STATES and case.started_by is not None and case.started_by == actor.user_id,
        move=state is InstanceState.ACTIVE and may(actor, moving.PERMISSION, case.site_id),
        migrate=state in _OPEN_STATES and may(actor, migration.PERMISSION, case.site_id),
        nudge=state is InstanceState.ACTIVE and may(actor, "work-item:nudge", case.site_id),
        void=state in _OPEN_STATES and may_void(current(), actor, case.id, case.site_id, case.started_by),
        report=state in _OPEN_STATES and may(actor, "process-instance:report", case.site_id),
        retry=state is InstanceState.INCIDENT and may(actor, "process-instance:retry", case.site_id),
    )
