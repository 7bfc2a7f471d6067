"""Numbers of a series have no gaps and are never used twice, whoever draws at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine import numbering
from engine.content import Organisation, read_organisation
from engine.numbering import NumberPatternError
from engine.persistence.database import Database
from engine.persistence.unit_of_work import UnitOfWork

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
#: 1 December in Shanghai already
NIGHT = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)


@pytest.fixture
def company() -> Organisation:
    patterns = {"slip": "R{yyyy}{mm}-{seq:04}", "year": "Y{yy}/{seq}", "day": "{yyyy}{mm}{dd}{seq:02}", "ever": "N{seq:06}"}
    return replace(read_organisation(b""), numbering=patterns)


def draw(database: Database, company: Organisation, series: str, at: datetime = NOON) -> str:
    with UnitOfWork(database) as uow:
        number = numbering.draw(uow, company, series, at)
        uow.commit()
    return number


def test_a_series_counts_and_starts_again_with_its_period(database: Database, company: Organisation) -> None:
    assert [draw(database, company, "slip") for _ in range(2)] == ["R202611-0001", "R202611-0002"]
    assert draw(database, company, "slip", NIGHT) == "R202612-0001"
    assert [draw(database, company, "year", at) for at in (NOON, NIGHT)] == ["Y26/1", "Y26/2"]
    assert [draw(database, company, "day", at) for at in (NOON, NIGHT)] == ["2026113001", "2026120101"]
    assert [draw(database, company, "ever", at) for at in (NOON, NIGHT)] == ["N000001", "N000002"]
    assert draw(database, company, "nobody_named_it") == "202611-0001"


def test_what_is_rolled_back_gives_its_number_back(database: Database, company: Organisation) -> None:
    with UnitOfWork(database) as uow:
        assert numbering.draw(uow, company, "slip", NOON) == "R202611-0001"
    assert draw(database, company, "slip") == "R202611-0001"


def test_many_at_once_get_each_number_once_without_gaps(database: Database, company: Organisation) -> None:
    drawn: list[str] = []

    def work() -> None:
        for turn in range(8):
            with UnitOfWork(database) as uow:
                number = numbering.draw(uow, company, "ever", NOON)
                # some change their mind
                if turn % 4:
                    uow.commit()
                    drawn.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(drawn) == [f"N{number:06}" for number in range(1, 25)]


@pytest.mark.parametrize(
    "pattern", ["", "no number", "{seq}{seq}", "{mm}-{seq}", "{yyyy}{dd}-{seq}", "{seq", "{year}{seq}", "{seq:4}", "{seq}}"]
)
def test_a_pattern_that_gives_no_number_is_refused(company: Organisation, pattern: str) -> None:
    with pytest.raises(NumberPatternError):
        numbering.period_of("slip", pattern, NOON)


def test_a_number_that_was_drawn_is_told_from_one_that_somebody_made_up(database: Database, company: Organisation) -> None:
    for series in ("slip", "year", "day", "ever"):
        number = draw(database, company, series)
        with UnitOfWork(database) as uow:
            assert numbering.was_drawn(uow, company, series, number)
            for other in (number[:-1] + "2", "R202610-0001", "X", "", f"{number} "):
                assert not numbering.was_drawn(uow, company, series, other)
