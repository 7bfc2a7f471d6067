"""Fields that a new version of a procedure lets lists and sums search are looked up in the cases of its earlier versions as well: in the
data that those cases hold, once for each version that is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from sqlalchemy import or_, select, update

from engine import definitions, instances, steps, submissions
from engine.content import DefinitionContent
from engine.errors import GuichengError
from engine.forms.model import FieldKind
from engine.persistence.tables import definition, instance, instance_variable
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)
#: cases that are looked up at once
_SLICE = 200


def waiting(uow: UnitOfWork) -> list[int]:
    """Current versions of procedures whose earlier cases were not looked at yet."""
    query = select(definition.c.id).where(definition.c.is_latest, definition.c.fields_settled_at.is_(None))
    return list(uow.reading.execute(query.order_by(definition.c.id)).scalars())


def settle(runtime: Runtime, definition_id: int) -> int:
    """Look the new fields of a version up in earlier cases, a transaction each; says how many cases got some. Begun again it finds what is
    left. A case that cannot be read is passed over.
    """
    with UnitOfWork(runtime.database) as uow:
        now = definitions.content(runtime, uow, definition_id)
        query = select(definition.c.id).where(definition.c.key == now.key, definition.c.id != definition_id)
        earlier = {each: _indexed(now) - _indexed(definitions.content(runtime, uow, each)) for each in uow.reading.execute(query).scalars()}
    count = 0
    for version, names in earlier.items():
        for instance_id in _cases(runtime, now.key, version) if names else ():
            try:
                count += run_step(runtime, lambda uow, of=instance_id, wanted=names: _look_up(runtime, uow, now, of, wanted))  # type: ignore[misc]
            except GuichengError as error:
                _log.warning("fields_not_looked_up", instance=instance_id, reason=str(error))
    with UnitOfWork(runtime.database) as uow:
        settled = {"fields_settled_at": runtime.clock.now()}
        uow.writing.execute(update(definition).where(definition.c.id == definition_id).values(**settled))
        uow.commit()
    return count


def _indexed(content: DefinitionContent) -> frozenset[str]:
    return frozenset(f"{form.key}.{field.name}" for form in content.forms.values() for field in form.fields
                     if field.indexed and field.kind is not FieldKind.ROWS)  # fmt: skip


def _cases(runtime: Runtime, key: str, version: int) -> Iterator[int]:
    """Cases of that version, and those of procedures that called it."""
    called = f'"{key}":{version}'
    mine = or_(instance.c.definition_id == version, *(instance.c.bindings.like(f"%{called}{end}%") for end in (",", "}")))
    after, ids = 0, [0]
    while ids:
        with UnitOfWork(runtime.database) as uow:
            query = select(instance.c.id).where(mine, instance.c.id > after).order_by(instance.c.id).limit(_SLICE)
            ids = list(uow.reading.execute(query).scalars())
        yield from ids
        after = ids[-1] if ids else after


def _look_up(runtime: Runtime, uow: UnitOfWork, now: DefinitionContent, instance_id: int, wanted: frozenset[str]) -> bool:
    uow.writing.execute(select(instance.c.id).where(instance.c.id == instance_id).with_for_update())
    known = select(instance_variable.c.name).where(instance_variable.c.instance_id == instance_id)
    left = wanted - set(uow.writing.execute(known).scalars())
    if not left:
        return False
    variables = instances.inspect(runtime, uow, instance_id).variables
    found = {}
    for key in {name.partition(".")[0] for name in left}:
        data = variables.get(key)
        if isinstance(data, dict):
            found.update({name: value for name, value in submissions.typed(now.forms[key], data).items() if name in left})
    steps.write_variables(uow, instance_id, found)
    return bool(found)
