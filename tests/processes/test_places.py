"""Every step of our procedures that a paper case may be put to really opens there, without anything before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import definitions, paper_cases, places
from engine.model import SYSTEM
from engine.paper_cases import CaseDoesNotStandError, PaperCase
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import Runtime
from tests.builders import make_site


@pytest.mark.databases("sqlite")
def test_every_usable_place_opens(runtime: Runtime) -> None:
    """One case a place, with empty papers: where a step cannot open like that, the refusal says what is missing."""
    make_site(runtime)
    for procedure in read_procedures([runtime.settings.bpmn]):
        with UnitOfWork(runtime.database) as uow:
            definitions.deploy(runtime, uow, SYSTEM, procedure.files)
            uow.commit()
    now = runtime.clock.now()
    refused: list[str] = []
    opened = 0
    with UnitOfWork(runtime.database) as uow:
        for info in definitions.list_latest(runtime, uow):
            content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
            for place in places.usable(content):
                case = PaperCase(info.key, f"{info.key}:{place.id}", place.id, now - timedelta(days=2), now - timedelta(days=1))
                savepoint = uow.writing.begin_nested()
                try:
                    started = paper_cases.take_over(runtime, uow, SYSTEM, case)
                except CaseDoesNotStandError as error:
                    savepoint.rollback()
                    refused.append(f"{case.number}: {error}")
                    continue
                opened += 1
                if place.element.is_human:
                    items = uow.reading.execute(select(work_item.c.element_id).where(work_item.c.instance_id == started.id)).scalars()
                    assert place.element.id in set(items), case.number
    # the answer that is missing is asked for; where an expression needs it, that names the form, a script its variable
    known = ("請補填", "沒有這項資料", "is not defined")
    assert not [reason for reason in refused if not any(words in reason for words in known)]
    assert opened > len(refused)
