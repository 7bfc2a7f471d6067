"""Every record of our procedures as a scenario issues it, in three languages: filled in, nothing raw on it, no word left untranslated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from lxml import html
from sqlalchemy import select

from engine import instances, records
from engine.bootstrap import load_organisation
from engine.diagram import read_diagram
from engine.i18n import simplified
from engine.model import SYSTEM
from engine.persistence.tables import record
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import Procedure, read_procedures
from engine.record_templates import load_template
from engine.scenarios.player import Player
from engine.scenarios.reader import read_scenarios
from engine.scenarios.stage import Scene, Stage
from engine.settings import Settings

BPMN = Path(__file__).parents[2] / "bpmn"
PROCEDURES = [procedure for procedure in read_procedures([BPMN]) if any(name.startswith("records/") for name in procedure.files)]
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
#: an id of ours, or what a value looks like to a program
RAW = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\{|\}|\bnull\b|\bTrue\b|\bFalse\b")
#: people of the pretend company are called by their roles
STAFF = "".join(role.name for role in load_organisation(Settings(bpmn=BPMN)).roles.values())


@dataclass(frozen=True, slots=True)
class Printed:
    """One record of one case."""

    key: str
    number: str
    #: of the case, as text
    data: str
    #: locale → what stands on the paper
    words: dict[str, str]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The pretend company with all procedures."""
    settings = Settings(bpmn=BPMN)
    with Stage(settings, load_organisation(settings)) as found:
        for procedure in read_procedures([BPMN]):
            found.deploy(procedure.files, is_ours=True)
        yield found


def printed(scene: Scene) -> Iterator[Printed]:
    """What the cases of a scene have issued."""
    runtime = scene.runtime
    with UnitOfWork(runtime.database) as uow:
        for row in uow.reading.execute(select(record.c.id, record.c.instance_id, record.c.record_key, record.c.number)).all():
            words = {}
            for locale in ("zh-Hant", "zh-Hans", "en"):
                _, article = records.printed(runtime, uow, SYSTEM, row.id, locale=locale, image=str)
                paper = html.fromstring(article)
                for site in paper.find_class("record-meta"):
                    site.drop_tree()
                words[locale] = " ".join(paper.itertext())
            data = orjson.dumps(instances.inspect(runtime, uow, row.instance_id).variables).decode()
            yield Printed(row.record_key, row.number, data, words)


def issued(stage: Stage, procedure: Procedure, wanted: set[str]) -> dict[str, Printed]:
    """Each record of a procedure from the first scenario that issues it, long scenarios before short ones."""
    found: dict[str, Printed] = {}
    scenarios, _ = read_scenarios(procedure.files)
    own = {process_id for name, raw in procedure.files.items() if name.endswith(".bpmn") for process_id in read_diagram(raw)}
    for scenario in sorted(scenarios, key=lambda each: -len(each.steps)):
        if wanted <= set(found):
            break
        with stage.scene(scenario.begins_at, own if scenario.timers is None else scenario.timers) as scene:
            Player(scene, scenario).play()
            found = {**{each.key: each for each in printed(scene) if each.key in wanted}, **found}
    return found


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.name)
def test_every_record_prints_in_three_languages(procedure: Procedure, stage: Stage) -> None:
    papers = {Path(name).stem: raw for name, raw in procedure.files.items() if name.startswith("records/")}
    templates = {key: load_template(raw, key) for key, raw in papers.items()}
    found = issued(stage, procedure, set(templates))
    assert set(found) == set(templates), "each is issued in some scenario"
    said = "".join(raw.decode() for name, raw in procedure.files.items() if name.startswith("scenarios/"))
    for key, paper in found.items():
        for locale, words in paper.words.items():
            assert paper.number in words, (key, locale)
            assert RAW.findall(words) == [], (key, locale)
        # what is Chinese on the English paper was written by the people of the case
        assert [run for run in CHINESE.findall(paper.words["en"]) if run not in paper.data + said + STAFF] == [], key
        kept = [words for words in templates[key].messages() if simplified(words) != words and words in paper.words["zh-Hans"]]
        assert [words for words in kept if words not in paper.data + said + STAFF] == [], key
