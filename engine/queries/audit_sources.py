"""The records that the audit log is read from, each brought to the same columns. A new record of who did what adds its line here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, literal, literal_column, null, or_, select

from engine.persistence.tables import (
    approval_rule,
    building,
    definition,
    deployment,
    design_draft,
    design_version,
    directory_change,
    history_event,
    history_value,
    identity_look,
    import_run,
    instance,
    intervention,
    limit_target,
    list_export,
    migration_run,
    procedure_access,
    proposal,
    retention_run,
    sign_in_attempt,
    unit,
    user,
    user_session,
)


class AuditKind(StrEnum):
    """What an act was about."""

    #: steps, claims, signatures, comments … in a case
    CASE = "case"
    #: interventions in many cases, moves to another version
    INTERVENTION = "intervention"
    #: accounts, roles, tokens, substitutes
    PEOPLE = "people"
    #: sites, buildings, units, tenants, prices
    DIRECTORY = "directory"
    #: limits, working time, numbers, texts of messages
    SETTINGS = "settings"
    #: deployments and the rights to make them
    PROCEDURE = "procedure"
    #: looks at papers of identity
    IDENTITY = "identity"
    #: personal data erased by rule or on request
    ERASURE = "erasure"
    #: lists that left as files
    EXPORT = "export"
    #: sign-ins, failed ones, sessions ended by somebody
    SESSION = "session"


#: kind of a directory's entry → kind of act
DIRECTORY_KINDS = {
    **dict.fromkeys(("person", "substitute", "token"), AuditKind.PEOPLE),
    **dict.fromkeys(("site", "building", "unit", "tenant", "tenancy", "price"), AuditKind.DIRECTORY),
    **dict.fromkeys(("calendar", "numbering", "template", "job", "retention", "setting"), AuditKind.SETTINGS),
    "run": AuditKind.INTERVENTION,
}


@dataclass(frozen=True, slots=True)
class Source:
    """One record. Its statement has the columns at, first, second, actor_id, actor_name, channel, action, about, about_id, title,
    business_key and detail (JSON), and those in `tells`."""

    kinds: tuple[AuditKind, ...]
    select: Select[Any]
    at: ColumnElement[Any]
    #: what orders rows of the same moment: `first`, and `second` where one isn't enough
    keys: tuple[ColumnElement[Any], ...]
    actor: ColumnElement[Any]
    #: id of the case that a row is about
    case: ColumnElement[Any] | None = None
    #: of the directory's record: which kind of entry
    directory_kind: ColumnElement[Any] | None = None
    #: whether managers read those of their sites
    is_sited: bool = False
    #: columns that say more
    tells: tuple[str, ...] = ()


def of_places(sites: frozenset[int] | None) -> ColumnElement[bool]:
    """Changes of the places at these sites; None: at every site."""
    change = directory_change.c
    if sites is None:
        return change.kind.in_(("site", "building", "unit"))
    return or_(
        and_(change.kind == "site", change.entry.in_([str(each) for each in sites])),
        and_(change.kind == "building", change.entry.in_(select(cast(building.c.id, String)).where(building.c.site_id.in_(sites)))),
        and_(change.kind == "unit", change.entry.in_(select(cast(unit.c.id, String)).where(unit.c.site_id.in_(sites)))),
    )


def _of_cases() -> Source:
    event = history_event.c
    statement = select(
        event.at, event.instance_id.label("first"), event.seq.label("second"), event.actor_id, user.c.display_name.label("actor_name"),
        event.channel, event.type.label("action"), literal("case").label("about"), event.instance_id.label("about_id"), instance.c.title,
        instance.c.business_key, event.detail, event.claimed_at, event.on_behalf_of, event.element_id, event.token,
        event.definition_id.label("event_definition_id"), instance.c.definition_id, history_value.c.body,
    ).select_from(
        history_event.join(instance, instance.c.id == event.instance_id).outerjoin(user, user.c.id == event.actor_id)
        .outerjoin(history_value, and_(history_value.c.instance_id == event.instance_id, history_value.c.seq == event.seq))
    # word for word the condition of the index that has these rows by time
    ).where(literal_column("history_event.channel <> 'system'"))
    keys = (event.instance_id, event.seq)
    return Source((AuditKind.CASE,), statement, event.at, keys, event.actor_id, case=event.instance_id, is_sited=True)


def _of_directory() -> Source:
    change = directory_change.c
    statement = _plain(
        change.at, change.id, change.actor_id, action=change.action, about=change.kind, about_id=change.entry, detail=change.changes,
        more=(change.reason, change.effective_from),
    ).outerjoin(user, user.c.id == change.actor_id).where(change.kind.in_(list(DIRECTORY_KINDS)))
    return Source(
        tuple(dict.fromkeys(DIRECTORY_KINDS.values())), statement, change.at, (change.id,), change.actor_id, directory_kind=change.kind,
        is_sited=True, tells=("reason", "effective_from"),
    )


def _simple(
    kind: AuditKind, at: ColumnElement[Any], row_id: ColumnElement[Any], actor: ColumnElement[Any], action: str, about: str,
    about_id: ColumnElement[Any], *, title: ColumnElement[Any] | None = None, more: tuple[Any, ...] = (),
    where: ColumnElement[bool] | None = None,
) -> Source:
    """A record whose rows have one id and one person."""
    statement = _plain(
        at, row_id, actor, action=literal(action), about=literal(about), about_id=about_id, title=title, more=more
    ).outerjoin(user, user.c.id == actor)
    if where is not None:
        statement = statement.where(where)
    return Source((kind,), statement, at, (row_id,), actor, tells=tuple(each.key for each in more))


def _plain(
    at: ColumnElement[Any], row_id: ColumnElement[Any], actor: ColumnElement[Any], *, action: Any, about: Any, about_id: Any,
    title: Any = None, channel: Any = None, business_key: Any = None, detail: Any = None, more: tuple[Any, ...] = (),
) -> Select[Any]:
    return select(
        at.label("at"), row_id.label("first"), literal(0).label("second"), actor.label("actor_id"),
        user.c.display_name.label("actor_name"), (null() if channel is None else channel).label("channel"), action.label("action"),
        about.label("about"), about_id.label("about_id"), (literal("") if title is None else title).label("title"),
        (null() if business_key is None else business_key).label("business_key"), (null() if detail is None else detail).label("detail"),
        *more,
    )


def _of_identity() -> Source:
    look = identity_look.c
    statement = _plain(
        look.at, look.id, look.user_id, action=literal("identity.looked"), about=literal("case"), about_id=look.instance_id,
        title=instance.c.title, channel=look.channel, business_key=instance.c.business_key, more=(look.what,),
    ).join(instance, instance.c.id == look.instance_id).outerjoin(user, user.c.id == look.user_id)
    return Source((AuditKind.IDENTITY,), statement, look.at, (look.id,), look.user_id, case=look.instance_id, tells=("what",))


def _of_refused_sign_ins() -> Source:
    attempt = sign_in_attempt.c
    statement = _plain(
        attempt.at, attempt.id, user.c.id, action=literal("session.failed"), about=literal("sign_in"), about_id=attempt.username,
        title=attempt.username, more=(attempt.address,),
    ).outerjoin(user, user.c.username == attempt.username).where(attempt.succeeded.is_(False))
    return Source((AuditKind.SESSION,), statement, attempt.at, (attempt.id,), user.c.id, tells=("address",))


def _of_deployments() -> Source:
    made = deployment.c
    return _simple(AuditKind.PROCEDURE, made.created_at, made.id, made.created_by, "procedure.deployed", "procedure", made.procedure,
                   title=made.procedure, more=(made.note,))


def _of_moves() -> Source:
    run = migration_run.c
    version = select(definition.c.version).where(definition.c.id == run.to_definition_id).scalar_subquery().label("version")
    return _simple(AuditKind.INTERVENTION, run.asked_at, run.id, run.asked_by, "cases.migrated", "migration", run.id,
                   title=run.definition_key, more=(run.reason, run.total, version))


def _of_named_versions() -> Source:
    made = design_version.c
    procedure = select(design_draft.c.procedure).where(design_draft.c.id == made.draft_id).scalar_subquery()
    return _simple(AuditKind.PROCEDURE, made.created_at, made.id, made.created_by, "draft.kept", "draft", made.draft_id, title=procedure,
                   more=(made.number, made.name.label("version_name"), made.note))


#: in the order in which acts of one moment stand
SOURCES: tuple[Source, ...] = (
    _of_cases(),
    _of_directory(),
    _of_identity(),
    _simple(AuditKind.INTERVENTION, intervention.c.asked_at, intervention.c.id, intervention.c.asked_by, "cases.intervened",
            "intervention", intervention.c.id, more=(intervention.c.verb, intervention.c.reason, intervention.c.total)),
    _of_moves(),
    _simple(AuditKind.ERASURE, retention_run.c.asked_at, retention_run.c.id, retention_run.c.asked_by, "personal.erased", "retention_run",
            retention_run.c.id, title=retention_run.c.kind,
            more=(retention_run.c.procedure, retention_run.c.days, retention_run.c.done_count, retention_run.c.value_count,
                  retention_run.c.file_count, retention_run.c.reason)),
    _simple(AuditKind.SETTINGS, limit_target.c.set_at, limit_target.c.id, limit_target.c.set_by, "limit.set", "limit",
            limit_target.c.limit_id, title=limit_target.c.limit_id,
            more=(limit_target.c.target, limit_target.c.effective_from, limit_target.c.reason)),
    _simple(AuditKind.SETTINGS, limit_target.c.withdrawn_at, limit_target.c.id, limit_target.c.withdrawn_by, "limit.withdrawn", "limit",
            limit_target.c.limit_id, title=limit_target.c.limit_id, more=(limit_target.c.target,),
            where=limit_target.c.withdrawn_at.is_not(None)),
    _of_deployments(),
    _of_named_versions(),
    _simple(AuditKind.PROCEDURE, proposal.c.asked_at, proposal.c.id, proposal.c.asked_by, "proposal.asked", "proposal", proposal.c.id,
            title=proposal.c.procedure, more=(proposal.c.note,), where=proposal.c.asked_at.is_not(None)),
    _simple(AuditKind.PROCEDURE, proposal.c.decided_at, proposal.c.id, proposal.c.decided_by, "proposal.decided", "proposal", proposal.c.id,
            title=proposal.c.procedure, more=(proposal.c.state, proposal.c.decision_note.label("note")),
            where=proposal.c.decided_at.is_not(None)),
    _simple(AuditKind.DIRECTORY, import_run.c.read_at, import_run.c.id, import_run.c.read_by, "import.read", "import", import_run.c.id,
            title=import_run.c.name, more=(import_run.c.line_count,)),
    _simple(AuditKind.DIRECTORY, import_run.c.confirmed_at, import_run.c.id, import_run.c.confirmed_by, "import.confirmed", "import",
            import_run.c.id, title=import_run.c.name, more=(import_run.c.new_count, import_run.c.changed_count),
            where=import_run.c.confirmed_at.is_not(None)),
    _simple(AuditKind.PROCEDURE, procedure_access.c.at, procedure_access.c.id, procedure_access.c.by, "procedure.granted", "procedure",
            procedure_access.c.procedure, title=procedure_access.c.procedure),
    _simple(AuditKind.PROCEDURE, approval_rule.c.changed_at, approval_rule.c.id, approval_rule.c.changed_by, "procedure.rule_changed",
            "procedure", approval_rule.c.procedure, title=approval_rule.c.procedure, more=(approval_rule.c.is_required,)),
    _simple(AuditKind.EXPORT, list_export.c.at, list_export.c.id, list_export.c.user_id, "list.exported", "list", list_export.c.list,
            title=list_export.c.list, more=(list_export.c.query, list_export.c.kind, list_export.c.row_count)),
    _simple(AuditKind.SESSION, user_session.c.created_at, user_session.c.id, user_session.c.user_id, "session.begun", "person",
            user_session.c.user_id, more=(user_session.c.method, user_session.c.device, user_session.c.address)),
    _simple(AuditKind.SESSION, user_session.c.ended_at, user_session.c.id, user_session.c.ended_by, "session.ended", "person",
            user_session.c.user_id, where=user_session.c.ended_by.is_not(None)),
    _of_refused_sign_ins(),
)
