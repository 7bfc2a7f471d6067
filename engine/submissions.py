"""What a person submits with a form: checked against it, turned into the instance's data, with the files and signatures it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, bindparam, select

from engine import case_references, dossier_entries, files, forms, permissions, register_lines, signatures
from engine.diagram import Element
from engine.errors import (
    ConflictError,
    DataNotStorableError,
    InstanceNotActiveError,
    NotACandidateError,
    NotFoundError,
    WorkItemNotOpenError,
    WorkItemNotYoursError,
)
from engine.forms.model import is_empty
from engine.model import Actor, InstanceState, JsonObject, WorkItemState
from engine.persistence.prepared import Prepared
from engine.persistence.tables import instance, outside_link, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from engine.spiff.sandbox import check_storable

# item and instance in one statement, so that nobody's step can come between the two
_ITEM_LABELS = [(column.name, f"item_{column.name}") for column in work_item.c]
_FIND_BOTH = Prepared(
    select(instance, *(work_item.c[name].label(label) for name, label in _ITEM_LABELS))
    .join(work_item, work_item.c.instance_id == instance.c.id)
    .where(work_item.c.id == bindparam("work_item_id"))
)
_FIND = Prepared(select(work_item).where(work_item.c.id == bindparam("work_item_id")))


class SignersDecideError(ConflictError):
    """Expected a work item that a person can act on, but its signers have items of their own."""

    code = "signers_decide"
    sentence = "此步驟由會簽人各自簽署，請辦理會簽人自己的待辦。"


Indexed = tuple[str | None, Any, datetime | None]


@dataclass(slots=True)
class Submission:
    """A submission that was accepted."""

    #: top-level keys to put into the instance's data
    data: JsonObject
    #: fields before and after, for history
    changes: JsonObject
    #: variables for lists: name → (text, number, moment)
    indexed: dict[str, Indexed] = field(default_factory=dict)
    #: site of the unit that the form names
    site_id: int | None = None
    form: forms.Form | None = None
    cleaned: JsonObject = field(default_factory=dict)
    #: when it was submitted
    at: datetime | None = None
    #: units and tenants that it names: (kind, id)
    references: frozenset[tuple[str, int]] = frozenset()

    def then(self, actor: Actor, token: str | None, element: Element | None) -> list[Callable[[UnitOfWork, int], None]]:
        """What is to be written with the step besides the data: files bound to the instance, signatures with what they sign."""
        if self.form is None:
            return []
        form, cleaned = self.form, self.cleaned
        acts = [*register_lines.acts(actor, form, cleaned, self.at), *dossier_entries.acts(actor, form, cleaned, self.at)]
        if self.references:
            acts.append(partial(case_references.add, references=self.references))
        if not files.ids_in(form, cleaned):
            return acts

        def bind(uow: UnitOfWork, instance_id: int) -> None:
            signatures.sign_all(
                uow,
                actor,
                form,
                cleaned,
                instance_id=instance_id,
                token=token or "",
                element_id=element.id if element else "",
                attended=element is not None and element.outside is not None,
            )

        return [*acts, bind]


def accepted_before(form: forms.Form | None, data: JsonObject, at: datetime) -> Submission:
    """A submission that was checked then, from what an incident kept of it: its files and signatures are still to be bound."""
    cleaned = data.get(form.key) if form is not None else None
    if form is None or not isinstance(cleaned, dict):
        return Submission(data, {})
    return Submission(data, {}, typed(form, cleaned), None, form, cleaned, at)


def check(
    runtime: Runtime,
    uow: UnitOfWork,
    form: forms.Form | None,
    variables: JsonObject,
    context: Mapping[str, Any],
    actor: Actor,
    instance_id: int | None = None,
) -> Submission:
    """Check variables against the form; FormInvalidError names the fields. Without a form they are taken as they are, if they are JSON.

    With a form the variables are its fields; they may also come wrapped under the form's key, as they lie in the data. Files
    must be the actor's own uploads, or belong to the instance already.
    """
    if form is None:
        check_free(variables)
        return Submission(dict(variables), {"variables": variables} if variables else {})
    names = {each.name for each in form.fields}
    if set(variables) == {form.key} and form.key not in names and isinstance(variables[form.key], dict):
        variables = variables[form.key]
    # the API may send what was drawn; pages have stored it before
    variables = signatures.receive(runtime, uow, actor, form, variables)
    references: dict[tuple[str, int], Reference] = {}

    def resolve(kind: str, value: Any) -> Reference | None:
        found = runtime.directory.resolve(uow.reading, kind, value)
        if found is not None and found.id and kind in case_references.KINDS:
            references[kind, found.id] = found
        return found

    me = None if actor.user_id is None else Reference(actor.user_id, actor.name)
    cleaned = forms.validate(
        form,
        variables,
        context=dict(context),
        resolve=resolve,
        now=runtime.clock.now(),
        me=me,
        max_bytes=runtime.settings.form_bytes,
        file_info=files.usable_in(uow, actor, instance_id),
    )
    before = context.get(form.key) or {}
    changes: JsonObject = {"form": form.key, "after": {name: value for name, value in cleaned.items() if before.get(name) != value}}
    if replaced := {name: before[name] for name in changes["after"] if before.get(name) not in (None, "", [])}:
        changes["before"] = replaced
    site = next((each.site_id for (kind, _), each in references.items() if kind == "unit" and each.site_id is not None), None)
    named = frozenset(references)
    return Submission({form.key: cleaned}, changes, typed(form, cleaned), site, form, cleaned, runtime.clock.now(), named)


def take_over(runtime: Runtime, uow: UnitOfWork, form: forms.Form, values: JsonObject, at: datetime) -> Submission:
    """What is known so far of a form that was filled in on paper, as of `at`; FormInvalidError names the fields that do not fit."""
    sites: list[int] = []

    def resolve(kind: str, value: Any) -> Reference | None:
        found = runtime.directory.resolve(uow.reading, kind, value)
        if found is not None and kind == "unit" and found.site_id is not None:
            sites.append(found.site_id)
        return found

    cleaned = forms.take_over(form, values, resolve=resolve, file_info=lambda _: None, now=runtime.clock.now())
    known = {name: value for name, value in cleaned.items() if not is_empty(value)}
    return Submission(
        {form.key: cleaned}, {"form": form.key, "after": known}, typed(form, cleaned), next(iter(sites), None), form, cleaned, at
    )


def check_free(variables: JsonObject) -> None:
    """Raise DataNotStorableError unless variables that no form describes are JSON and leave the engine's own key alone."""
    if "_" in variables:
        raise DataNotStorableError(path="_", reason="這個名稱由系統使用。")
    check_storable(variables, "variables")


def typed(form: forms.Form, cleaned: JsonObject) -> dict[str, Indexed]:
    """What lists and registers keep of a form's data: name → (text, number, moment)."""
    typed: dict[str, Indexed] = {}
    for name, value in forms.indexed(form, cleaned).items():
        if isinstance(value, Decimal):
            typed[name] = (None, value, None)
        elif isinstance(value, datetime):
            typed[name] = (None, None, value)
        else:
            typed[name] = (value, None, None)
    return typed


def actionable(uow: UnitOfWork, actor: Actor, work_item_id: int) -> tuple[Any, Row[Any]]:
    """The item and its instance, if this person may act on the item now; otherwise the error that says why not."""
    row = _FIND_BOTH.one_or_none(uow.reading, {"work_item_id": work_item_id})
    if row is None:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    item = SimpleNamespace(**{name: getattr(row, label) for name, label in _ITEM_LABELS})
    require_reach(actor, item)
    require_live(uow, item)
    if actor.link is not None:
        # whoever attends an outside person may have claimed the item: it is still theirs to do
        if actor.link.work_item_id != work_item_id or item.outside is None:
            raise NotACandidateError(work_item=item.name)
    elif item.assignee_id is not None:
        if item.assignee_id != actor.user_id and acting(actor, item).on_behalf_of is None:
            raise WorkItemNotYoursError(work_item_id=work_item_id, assignee=name_of(uow, item.assignee_id))
    elif not is_candidate(actor, item) and not permissions.may(actor, "work-item:complete-any", item.site_id):
        raise NotACandidateError(work_item=item.name)
    if row.state != InstanceState.ACTIVE:
        raise InstanceNotActiveError(instance_id=row.id, state=row.state)
    return item, row


def find_item(uow: UnitOfWork, work_item_id: int) -> Row[Any]:
    """The item's row; NotFoundError if there is none."""
    item: Row[Any] | None = _FIND.one_or_none(uow.reading, {"work_item_id": work_item_id})
    if item is None:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    return item


def require_reach(actor: Actor, item: Any) -> None:
    """Raise NotACandidateError where the actor came by a token for other roles or sites, whoever has the item."""
    if actor.is_narrowed and not is_candidate(actor, item):
        raise NotACandidateError(work_item=item.name)


def require_live(uow: UnitOfWork, item: Any) -> None:
    """Raise the error that tells who was first, or that the case rests."""
    if item.is_live:
        return
    if item.state == WorkItemState.SIGNING:
        raise SignersDecideError(work_item_id=item.id)
    if item.completed_at is None:
        raise InstanceNotActiveError(instance_id=item.instance_id, state="suspended")
    raise WorkItemNotOpenError(
        work_item_id=item.id, completed_by=completer_of(uow, item), completed_at=item.completed_at.isoformat(timespec="minutes")
    )


def is_candidate(actor: Actor, item: Any) -> bool:
    """Whether the item lies in one of the person's lists, or of a colleague's for whom the person stands in."""
    return actor.holds_any((item.role, item.escalated_role), item.site_id) or any(
        each.covers((item.role, item.escalated_role), item.site_id, item.definition_key, None) for each in actor.stand_ins)


def acting(actor: Actor, item: Any) -> Actor:
    """The person as they act on the item: on behalf of a colleague who is away, where it is theirs only in that colleague's place."""
    away = actor.in_place_of((item.role, item.escalated_role), item.site_id, item.definition_key, item.assignee_id)
    return actor if away is None or actor.link is not None else replace(actor, on_behalf_of=away.user_id)


def completer_of(uow: UnitOfWork, item: Row[Any]) -> str:
    """Who did an item, for a message: somebody with an account, or who signed by its link."""
    if item.completed_by is None and item.outside is not None:
        by_link = select(outside_link.c.used_by).where(outside_link.c.work_item_id == item.id, outside_link.c.used_at.is_not(None))
        return uow.reading.execute(by_link.limit(1)).scalar() or name_of(uow, None)
    return name_of(uow, item.completed_by)


def signed_as(uow: UnitOfWork, actor: Actor) -> str:
    """How a decision is signed: by one's name, as a substitute with the name of who was away."""
    return actor.name if actor.on_behalf_of is None else for_somebody(actor.name, name_of(uow, actor.on_behalf_of))


def for_somebody(name: str, away: str | None) -> str:
    """`B（代 A）`, as records print it in every language of their readers."""
    return f"{name}（代 {away}）" if away else name


def name_of(uow: UnitOfWork, user_id: int | None) -> str:
    """A person's name for a message."""
    if user_id is None:
        return "系統"
    return uow.reading.execute(select(user.c.display_name).where(user.c.id == user_id)).scalar() or "—"
