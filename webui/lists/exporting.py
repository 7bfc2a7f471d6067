"""A list as a file: what its filters show and its columns say, of any length, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import list_files
from engine.errors import NotFoundError
from engine.queries import approvals, inbox, instances
from webui import exports, session
from webui.cases.narrowing import case_narrowing_of
from webui.display import instance_state, role_name, work_item_state, zone
from webui.language import gettext
from webui.listing import columns
from webui.listing.columns import Columns
from webui.listing.narrowing import MOST_ROWS, Narrowing, narrowing
from webui.unit_of_work import current
from webui.wording import worded

_TITLES = {"todo": "待辦", "done": "已辦", "started": "我發起的", "copied": "抄送我的", "cases": "全部案件"}
_OF_ITEMS = ("事項", "案件標題", "編號", "流程名稱", "角色", "狀態", "承辦", "到達", "期限", "辦結")
_OF_CASES = ("案件標題", "編號", "流程名稱", "管理項目", "狀態", "發起人", "發起時間", "最近變動", "結束時間")
_OF_COPIES = ("案件標題", "編號", "流程名稱", "狀態", "抄送人", "抄送時間", "已讀時間")


def download(list_name: str, kind: str) -> ResponseReturnValue:
    """Every row of the list as the address narrows it; who took it is kept on record."""
    if list_name not in _TITLES:
        raise NotFoundError(kind="列表", id=list_name)
    narrow = narrowing(flask.request.args)
    shown = columns.read(list_name, narrow.key, narrow.columns)
    headings, words, fetch = _parts(list_name, narrow)
    titles = [gettext(each) for each in headings] + [shown.title(column) for column in shown.shown]
    return exports.send_list(
        list_name, kind, gettext(_TITLES[list_name]),
        lambda target: list_files.write(kind, titles, _rows(fetch, words, shown), zone(), target))


def _parts(name: str, narrow: Narrowing) -> tuple[Sequence[str], Callable[[Any], list[Any]], Callable[[str | None], Any]]:
    """Headings, a row's words, and how to read a page."""
    uow, actor, args = current(), session.actor(), flask.request.args
    if name == "todo":
        filters, sort = narrow.filters(), narrow.sort
        return _OF_ITEMS, _item, lambda after: inbox.todo(uow, actor, filters=filters, sort=sort, after=after, limit=MOST_ROWS)
    if name == "done":
        filters, order = narrow.filters(), narrow.order
        return _OF_ITEMS, _item, lambda after: inbox.done(uow, actor, filters=filters, order=order, after=after, limit=MOST_ROWS)
    if name == "copied":
        return _OF_COPIES, _copy, lambda after: approvals.copies(uow, actor, narrow.copy_filters(), after=after, limit=MOST_ROWS)
    if name == "started":
        cases = narrow.case_filters(started_by=actor.user_id)
    else:
        cases, _ = case_narrowing_of(args).filters(narrow)
    return _OF_CASES, _case, lambda after: instances.page(uow, actor, filters=cases, after=after, limit=MOST_ROWS)


def _rows(fetch: Callable[[str | None], Any], words: Callable[[Any], list[Any]], shown: Columns) -> Iterator[list[Any]]:
    after = None
    while True:
        page = fetch(after)
        shown.load(_case_id(row) for row in page.rows)
        for row in page.rows:
            yield words(row) + [shown.value(_case_id(row), column) for column in shown.shown]
        after = page.after
        if after is None:
            return


def _case_id(row: Any) -> int:
    return int(row.instance_id if hasattr(row, "instance_id") else row.id)


def _item(row: inbox.InboxRow) -> list[Any]:
    return [worded(row.name, row.definition_id), row.title, row.business_key, worded(row.definition_name, row.definition_id),
            role_name(row.role), work_item_state(row.state), row.assignee_name, row.created_at, row.due_at, row.completed_at]  # fmt: skip


def _case(row: instances.InstanceRow) -> list[Any]:
    return [row.title, row.business_key, worded(row.definition_name, row.definition_id), row.site_name, instance_state(row.state),
            row.started_by_name, row.started_at, row.moved_at, row.ended_at]  # fmt: skip


def _copy(row: approvals.CopyRow) -> list[Any]:
    return [row.title, row.business_key, worded(row.definition_name, row.definition_id), instance_state(row.state), row.by_name, row.at,
            row.read_at]  # fmt: skip
