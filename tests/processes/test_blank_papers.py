"""Every record of our procedures prints empty: all of its parts are there, nothing is filled in, and tables have lines to write on."""

from __future__ import annotations

import pytest

from engine import definitions, records
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.record_printing import BLANK_LINES, CHECKED
from engine.runtime import Runtime


@pytest.mark.databases("sqlite")
def test_every_record_prints_empty(runtime: Runtime) -> None:
    """In the source language and in English."""
    for procedure in read_procedures([runtime.settings.bpmn]):
        with UnitOfWork(runtime.database) as uow:
            definitions.deploy(runtime, uow, SYSTEM, procedure.files)
            uow.commit()
    with UnitOfWork(runtime.database) as uow:
        papers = records.blanks(runtime, uow)
        printed = {paper: records.blank(runtime, uow, SYSTEM, paper.key, paper.record_key, locale="zh-Hant") for paper in papers}
        english = records.blank(runtime, uow, SYSTEM, papers[0].key, papers[0].record_key, locale="en")
    # processes of one deployment share its records
    assert len({(paper.record_key, paper.title) for paper in papers}) == len(papers)
    assert all(paper.title in article and CHECKED not in article for paper, article in printed.items())
    assert any(f">{BLANK_LINES}<" in article for article in printed.values())
    assert papers[0].title not in english
