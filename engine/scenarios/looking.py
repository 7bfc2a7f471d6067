"""Compares what a scenario expects with what there is, and says the first difference. Looks only; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, or_, select

from engine import instances, limit_figures, records, steps
from engine.limit_rules import Kind as LimitKind
from engine.model import LIVE_WORK_ITEM_STATES, SYSTEM, RoleGrant
from engine.notifications import Kind
from engine.paths import lookup
from engine.persistence.tables import history_event, incident, instance, limit_clock, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limits import LimitFilters
from engine.scenarios.company import Company
from engine.scenarios.report import MismatchError
from engine.scenarios.stage import Scene
from engine.scenarios.story import UNSAID, Expectation, ExpectedItem, ExpectedRecord
from engine.scenarios.submission import timed

#: sees every site
_READER = replace(SYSTEM, grants=frozenset({RoleGrant("manager", None)}))
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Looker:
    """Looks at a scene once."""

    def __init__(self, scene: Scene, uow: UnitOfWork, company: Company, started: list[int]) -> None:
        self._runtime = scene.runtime
        self._sent = scene.outbox.sent
        self._uow = uow
        self._company = company
        self._started = started
        self._now = scene.clock.now()
        self._begins_at = scene.begins_at
        self._item_data: dict[int, dict[str, Mapping[str, Any]]] = {}

    def look(self, expect: Expectation) -> None:
        """Raise MismatchError at the first thing that is not as expected."""
        rows = [row for row in self._live if expect.process in (None, row.definition_key)]
        self._items(expect, rows)
        for limit_id, figures in expect.figures.items():
            self._measured(limit_id, figures)
        if self._concerns_an_instance(expect):
            self._one(expect, self.instance(expect.process))
        for name in expect.sent:
            known = self._told() if name == "notify" else {each for kind, _, payload in self._sent for each in (kind, payload.get("event"))}
            if name not in known:
                raise _mismatch("應發出「{name}」，實際發出：{actual}。", name=name, actual=_listed(kind for kind, _, _ in self._sent))

    def _told(self) -> set[str]:
        """`notify`, if a diagram had something to say to a role: that is a row, and goes no further where nobody wants it."""
        told = select(notification.c.id).where(notification.c.kind == Kind.MESSAGE).limit(1)
        return set() if self._uow.reading.execute(told).first() is None else {"notify"}

    @staticmethod
    def _concerns_an_instance(expect: Expectation) -> bool:
        plain = (expect.late, expect.ended, expect.state, expect.incident, expect.title, expect.business_key)
        return any(value is not UNSAID for value in plain) or bool(expect.limits or expect.data or expect.records or expect.history)

    def instance(self, process: str | None) -> Row[Any]:
        """The first instance that was started, or the latest of the process."""
        query = select(instance).order_by(instance.c.id)
        if process is None:
            rows = list(self._uow.reading.execute(query.where(instance.c.id.in_(self._started[:1]))))
        else:
            rows = list(self._uow.reading.execute(query.where(instance.c.definition_key == process)))
        if not rows:
            raise _mismatch("沒有「{process}」的案件。", process=process or "—")
        return rows[-1]

    def item_data(self, row: Row[Any]) -> Mapping[str, Any]:
        """The data as the item's token has them."""
        if row.instance_id not in self._item_data:
            with steps.open_run(self._runtime, self._uow, steps.load(self._uow, row.instance_id)) as run:
                self._item_data[row.instance_id] = {item.token: item.data for item in run.open_items()}
        # a signer of a chain sees what stands at the element
        return self._item_data[row.instance_id].get(row.token.partition(".")[0], {})

    @cached_property
    def _live(self) -> list[Row[Any]]:
        query = select(work_item).where(work_item.c.state.in_(LIVE_WORK_ITEM_STATES)).order_by(work_item.c.id)
        return list(self._uow.reading.execute(query))

    # ------------------------------------------------------------ items

    def _items(self, expect: Expectation, rows: list[Row[Any]]) -> None:
        if expect.open is not None:
            self._match(expect.open, rows)
            wanted = Counter(item.element for item in expect.open)
            if wanted != Counter(row.element_id for row in rows):
                raise _mismatch("待辦應為：{expected}；實為：{actual}。", expected=_listed(wanted.elements()), actual=element_names(rows))
        self._match(expect.includes, rows)
        for element in expect.absent:
            if any(row.element_id == element for row in rows):
                raise _mismatch("不應有「{element}」的待辦。", element=element)
        if expect.overdue is not None:
            overdue = sorted({row.element_id for row in rows if self._is_overdue(row)})
            if overdue != sorted(set(expect.overdue)):
                raise _mismatch("逾期的待辦應為：{expected}；實為：{actual}。", expected=_listed(expect.overdue), actual=_listed(overdue))

    def _match(self, expected: Iterable[ExpectedItem], rows: list[Row[Any]]) -> None:
        """Each expected item takes one of the open ones that fit it, the most demanding first."""
        left = list(rows)
        for item in sorted(expected, key=_demands, reverse=True):
            of_element = [row for row in left if row.element_id == item.element]
            if not of_element:
                raise _mismatch("應有「{element}」的待辦；目前的待辦：{actual}。", element=item.element, actual=element_names(rows))
            fitting = [row for row in of_element if next(self._differences(item, row), None) is None]
            if not fitting:
                what, wanted, there = next(self._differences(item, of_element[0]))
                raise _mismatch("「{element}」的 {what} 應為 {expected}，實為 {actual}。", element=item.element, what=what,
                                expected=_shown(wanted), actual=_shown(there))
            left.remove(fitting[0])

    def _differences(self, item: ExpectedItem, row: Row[Any]) -> Iterator[tuple[str, Any, Any]]:
        there = {
            "role": row.role, "assignee": self._company.name_of(row.assignee_id), "owner": self._company.name_of(row.owner_id),
            "state": row.state, "escalated": row.escalated_role, "overdue": self._is_overdue(row), "outside": row.outside,
        }
        for what, actual in there.items():
            wanted = getattr(item, what)
            if wanted is not UNSAID and wanted != actual:
                yield what, wanted, actual
        for path, wanted in item.data.items():
            actual = lookup(self.item_data(row), path)
            if not self._same(wanted, actual):
                yield path, wanted, actual

    def _is_overdue(self, row: Row[Any]) -> bool:
        return row.due_at is not None and row.due_at <= self._now

    # ------------------------------------------------------------ one instance

    def _one(self, expect: Expectation, row: Row[Any]) -> None:
        plain = {"state": row.state, "title": row.title, "business_key": row.business_key, "late": row.late_since is not None}
        for what, actual in plain.items():
            wanted = getattr(expect, what)
            if wanted is not UNSAID and wanted != actual:
                raise _mismatch("{what} 應為 {expected}，實為 {actual}。", what=what, expected=_shown(wanted), actual=_shown(actual))
        self._end(expect, row)
        self._incident(expect, row)
        for limit, wanted in expect.limits.items():
            actual = self._limit(row, limit)
            if actual != wanted:
                raise _mismatch("時限「{limit}」應為 {expected}，實為 {actual}。", limit=limit, expected=wanted, actual=actual)
        if expect.data:
            data = instances.inspect(self._runtime, self._uow, row.id).variables
            for path, value in expect.data.items():
                if not self._same(value, lookup(data, path)):
                    raise _mismatch("資料「{path}」應為 {expected}，實為 {actual}。", path=path, expected=_shown(value),
                                    actual=_shown(lookup(data, path)))
        for record in expect.records:
            self._record(row, record)
        if expect.history:
            types = set(self._uow.reading.execute(select(history_event.c.type).where(history_event.c.instance_id == row.id)).scalars())
            if missing := [each for each in expect.history if each not in types]:
                raise _mismatch("歷程中應有「{event}」，實有：{actual}。", event=missing[0], actual=_listed(sorted(types)))

    def _end(self, expect: Expectation, row: Row[Any]) -> None:
        if expect.ended is UNSAID:
            return
        if expect.ended is False:
            if row.ended_at is not None:
                raise _mismatch("案件應仍在進行，實已結束（{actual}）。", actual=row.state)
            return
        ends = instances.inspect(self._runtime, self._uow, row.id).end_events
        if set(ends) != set(expect.ended):
            actual = _listed(ends) if ends else row.state
            raise _mismatch("案件應結束於 {expected}，實為 {actual}。", expected=_listed(expect.ended), actual=actual)

    def _incident(self, expect: Expectation, row: Row[Any]) -> None:
        if expect.incident is UNSAID:
            return
        query = select(incident.c.code).where(incident.c.instance_id == row.id, incident.c.resolved_at.is_(None))
        code = self._uow.reading.execute(query.order_by(incident.c.id.desc()).limit(1)).scalar()
        if code != expect.incident:
            raise _mismatch("異常應為 {expected}，實為 {actual}。", expected=_shown(expect.incident), actual=_shown(code))

    def _limit(self, row: Row[Any], limit: str) -> str:
        """The latest round's state. A limit of a called process may be named with its process: `follow_up.within_day`."""
        query = select(limit_clock).where(
            limit_clock.c.instance_id == row.id, or_(limit_clock.c.limit_id == limit, limit_clock.c.limit_id.like(f"%.{limit}"))
        )
        clock = self._uow.reading.execute(query.order_by(limit_clock.c.round.desc()).limit(1)).one_or_none()
        if clock is None:
            return "none"
        if clock.breached_at is not None:
            return "breached" if clock.kind == LimitKind.CLOCK else "missed"
        if clock.apart_at is not None:
            return "apart"
        if clock.cancelled_at is not None:
            return "cancelled"
        return "running" if clock.stopped_at is None else "met"

    def _measured(self, limit_id: str, wanted: Mapping[str, Any]) -> None:
        """A limit's figures over all cases since the day before the story begins; shares in per cent with one place."""
        filters = LimitFilters(since=self._begins_at - timedelta(days=1), limit_id=limit_id)
        found = limit_figures.measure(self._runtime, self._uow, _READER, filters)
        figures = found.figures
        share = None if figures.share is None else round(figures.share * 100, 1)
        average = None if figures.average is None else round(figures.average, 2)
        actual = {
            "met": figures.met, "missed": figures.missed, "apart": figures.apart, "running": figures.running, "excluded": figures.excluded,
            "gaps": len(found.gaps), "share": share, "average": average, "reached": found.is_reached,
        }  # fmt: skip
        for name, value in wanted.items():
            if actual[name] != value:
                sentence = "指標「{limit}」的 {what} 應為 {expected}，實為 {actual}。"
                raise _mismatch(sentence, limit=limit_id, what=name, expected=_shown(value), actual=_shown(actual[name]))

    def _record(self, row: Row[Any], wanted: ExpectedRecord) -> None:
        valid = [each for each in records.for_instance(self._uow, row.id) if each.voided_at is None]
        issued = [each for each in valid if each.record_key == wanted.record and wanted.number in (UNSAID, each.number)]
        if not issued:
            named = wanted.record if wanted.number is UNSAID else f"{wanted.record} {wanted.number}"
            actual = _listed(f"{each.record_key} {each.number}" for each in valid)
            raise _mismatch("應已開立單據「{record}」；已開立：{actual}。", record=named, actual=actual)
        if wanted.shows:
            _, html = records.printed(self._runtime, self._uow, SYSTEM, issued[-1].id, locale="zh-Hant", image=lambda number: f"#{number}")
            text = _plain(html)
            for part in wanted.shows:
                if _squeezed(part) not in text:
                    raise _mismatch("單據「{record}」上應有「{text}」。", record=wanted.record, text=part)

    def _same(self, wanted: Any, actual: Any) -> bool:
        wanted = timed(wanted, self._now, ZoneInfo(self._runtime.organisation.calendar.zone))
        if wanted is None:
            return actual in _EMPTY
        return bool(wanted == actual and isinstance(wanted, bool) == isinstance(actual, bool))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    return _squeezed("".join(reader.parts))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _demands(item: ExpectedItem) -> int:
    plain = (item.role, item.assignee, item.owner, item.state, item.escalated, item.overdue, item.outside)
    return sum(value is not UNSAID for value in plain) + len(item.data)


def _mismatch(sentence: str, **data: object) -> MismatchError:
    return MismatchError(sentence, is_expectation=True, **data)


def element_names(rows: Iterable[Row[Any]]) -> str:
    """The elements of items, for a message."""
    return _listed(row.element_id for row in rows)


def _listed(names: Iterable[str]) -> str:
    return "、".join(names) or "—"


def _shown(value: Any) -> str:
    return "—" if value is None else str(value)
