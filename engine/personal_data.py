"""A case's data as those see it who have no need of papers of identity, and these papers alone for those who have.

Files of that kind go out through one door, whole or small: `let_out`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import definitions, files, identity, instances, steps
from engine.files import StoredFile
from engine.forms.model import FILE_LISTS, Form
from engine.forms.privacy import covered, holds_personal, marked, withheld
from engine.model import Actor, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances as cases
from engine.queries.work_items import WorkItemRow
from engine.runtime import Runtime


def covered_data(runtime: Runtime, uow: UnitOfWork, instance_id: int, data: JsonObject) -> JsonObject:
    """The data with papers of identity covered."""
    return {**data, **{form.key: covered(form, values) for form, values in _of_forms(runtime, uow, instance_id, data)}}


def personal_data(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> JsonObject:
    """The papers of identity alone: form key → field → value, of tables whole. Note the look before it is shown to anybody."""
    found: JsonObject = {}
    for form, values in _of_forms(runtime, uow, instance_id, instances.inspect(runtime, uow, instance_id).variables):
        named = {field.name: values[field.name] for field in form.fields if holds_personal(field) and values.get(field.name)}
        if named:
            found[form.key] = named
    return found


def opens_with(actor: Actor, item: WorkItemRow, form: Form, values: JsonObject) -> JsonObject:
    """What an item's form opens with: papers of identity for the person only who has it in hand, or stands in for that person."""
    away = actor.in_place_of((item.role, item.escalated_role), item.site_id, item.definition_key, item.assignee_id)
    hands = {actor.user_id, away.user_id if away is not None else actor.user_id} - {None}
    return values if item.assignee_id in hands else withheld(form, values)


def is_guarded(stored: StoredFile) -> bool:
    """Whether a file, whole or small, may go out only through `let_out`: a paper of identity of a case, or what may be one."""
    return stored.personal is not None and stored.instance_id is not None and stored.erased_at is None


def let_out(runtime: Runtime, uow: UnitOfWork, actor: Actor, file_id: int) -> None:
    """Put the look at a guarded file on record before any of it is sent. ForbiddenError where the person's role doesn't need it.

    A file that nobody knew about is settled first, and on record only if it is a paper of identity.
    """
    stored = files.get(uow, actor, file_id)
    if stored.personal == files.UNSETTLED and stored.instance_id is not None:
        settle(runtime, uow, stored.instance_id)
        stored = files.get(uow, actor, file_id)
    if stored.personal is None or stored.instance_id is None:
        return
    case, now = cases.get(uow, actor, stored.instance_id), runtime.clock.now()
    identity.look(uow, actor, instance_id=case.id, site_id=case.site_id, what=[stored.name], now=now, file_id=stored.id)


def settle(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> None:
    """Decide by the forms of a case which of its older files are papers of identity.

    One that no form holds any more, because a later round replaced it, stays one where the case asks for such papers at all.
    """
    waiting = files.unsettled(uow, instance_id)
    if not waiting:
        return
    papers: set[int] = set()
    plain: set[int] = set()
    for form, values in _of_forms(runtime, uow, instance_id, instances.inspect(runtime, uow, instance_id).variables):
        papers |= set(files.ids_in(form, values, personal_only=True))
        plain |= set(files.ids_in(form, values))
    if any(_asks_for_papers(form) for form in _known(runtime, uow, instance_id).values()):
        papers |= waiting - plain
    files.mark_personal(uow, waiting & papers)
    files.clear(uow, waiting - papers)


def _asks_for_papers(form: Form) -> bool:
    return any(each.personal and each.kind in FILE_LISTS for field in form.fields for each in (field, *field.columns))


def _known(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> dict[str, Form]:
    row = steps.load(uow, instance_id)
    # reading the versions of today first lets them have a say in older ones, wherever they were deployed
    own = {row.definition_key, *steps.bound(row)}
    latest = [info for info in definitions.list_latest(runtime, uow) if info.key in own]
    today = {info.key: definitions.content(runtime, uow, info.id) for info in latest}
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    return {
        key: marked(form, today[each.key].forms.get(key) if each.key in today else None)
        for each in (*content.called.values(), content.own) for key, form in each.forms.items()
    }


def _of_forms(runtime: Runtime, uow: UnitOfWork, instance_id: int, data: Mapping[str, Any]) -> Iterator[tuple[Form, JsonObject]]:
    known = _known(runtime, uow, instance_id)
    for key, values in data.items():
        if key in known and isinstance(values, dict):
            yield known[key], values
