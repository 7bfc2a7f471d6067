"""The texts of messages, as the administrator words them: ours until then, Simplified Chinese derived unless it is worded too.

A text holds `{placeholders}` and nothing else that is worked out. What it may hold is checked when it is kept, so that sending never
fails on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import insert, select, update

from engine import permissions
from engine.company import changes
from engine.company.changes import EntryChangedError
from engine.errors import FieldError, FormInvalidError, NotFoundError
from engine.i18n import LOCALES, SOURCE_LOCALE, simplified, translate
from engine.model import Actor
from engine.notifications import WORDINGS, Kind
from engine.persistence.tables import notification_template
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: under which history keeps them
HISTORY = "template"
#: characters of a text
LONGEST = 500
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

#: what each placeholder stands for, source language
PLACEHOLDERS = {
    "step": "步驟名稱", "case": "案件編號或標題", "by": "由誰", "role": "角色", "text": "內容", "limit": "時限名稱", "process": "流程名稱",
    "month": "月份",
    "subject": "對象", "reason": "原因", "count": "則數", "address": "網址", "title": "要確認的事項", "hours": "有效小時",
}
_OF_ITEM = ("case", "step", "by", "role")
_OF_CASE = ("case", "by", "role")


@dataclass(frozen=True, slots=True)
class Template:
    """One text that messages are made of."""

    key: str
    #: source language
    name: str
    #: as it comes with the program, source language
    ours: str
    placeholders: tuple[str, ...]
    #: without which the message is of no use
    required: tuple[str, ...] = ()
    #: whether it is a subject and so has no line breaks
    is_line: bool = False


def _of_kind(kind: Kind) -> Template:
    wording = WORDINGS[kind]
    own = tuple(name for name in re.findall(r"\{(\w+)\}", wording.sentence) if name not in _OF_ITEM)
    if kind in (Kind.START_FAILED, Kind.MONTH_PACK):
        return Template(kind.value, wording.name, wording.sentence, own)
    shared = _OF_ITEM if "{step}" in wording.sentence else _OF_CASE
    return Template(kind.value, wording.name, wording.sentence, (*shared, *own))


#: every text, in the order in which they are shown: those of happenings first
TEMPLATES: dict[str, Template] = {
    **{kind.value: _of_kind(kind) for kind in WORDINGS},
    "several": Template("several", "多則通知的主旨", "{count} 則新通知", ("count",), is_line=True),
    "more": Template("more", "未列出的通知", "另有 {count} 則，請登入查看。", ("count",)),
    "footer": Template("footer", "訊息結尾", "全部通知和設定：{address}", ("address",)),
    "link_subject": Template("link_subject", "業戶連結的主旨", "請您確認「{title}」", ("title",), is_line=True),
    "link_text": Template("link_text", "業戶連結的內容", "物業服務中心請您確認「{title}」：{address}（{hours} 小時內有效，請勿轉發）",
                          ("title", "address", "hours"), required=("address",)),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """What holds now: own words by key and language over ours."""

    own: Mapping[str, Mapping[str, str]]

    def text(self, locale: str, key: str) -> str:
        """The text in a language, placeholders and all."""
        own = self.own.get(key, {})
        if locale in own:
            return own[locale]
        if locale == "zh-Hans" and SOURCE_LOCALE in own:
            return simplified(own[SOURCE_LOCALE])
        return translate(locale, TEMPLATES[key].ours)


@dataclass(frozen=True, slots=True)
class Edited:
    """One text as its page shows it."""

    template: Template
    #: own words by language; a language that has none is not in it
    own: Mapping[str, str]
    version: int


def in_force(uow: UnitOfWork) -> Texts:
    """What messages say now; one statement."""
    query = select(notification_template.c.key, notification_template.c.texts)
    return Texts({row.key: orjson.loads(row.texts) for row in uow.reading.execute(query)})


def listing(uow: UnitOfWork, actor: Actor) -> list[Edited]:
    """Every text."""
    permissions.require(actor, "delivery:administer")
    rows = {row.key: row for row in uow.reading.execute(select(notification_template))}
    return [Edited(each, orjson.loads(rows[key].texts), rows[key].version) if key in rows else Edited(each, {}, 0)
            for key, each in TEMPLATES.items()]


def get(uow: UnitOfWork, actor: Actor, key: str) -> Edited:
    """One text; NotFoundError for a key that no message has."""
    permissions.require(actor, "delivery:administer")
    if key not in TEMPLATES:
        raise NotFoundError(kind="訊息範本", id=key[:60])
    row = uow.reading.execute(select(notification_template).where(notification_template.c.key == key)).one_or_none()
    return Edited(TEMPLATES[key], orjson.loads(row.texts) if row else {}, row.version if row else 0)


def check(key: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The own words among some texts by language, without what is empty or ours. FormInvalidError names each language that cannot be."""
    template = TEMPLATES[key]
    kept: dict[str, str] = {}
    errors: list[FieldError] = []
    for locale in LOCALES:
        text = texts.get(locale, "").replace("\r\n", "\n").strip()
        if text:
            error = _problem(template, locale, text)
            if error is not None:
                errors.append(error)
            kept[locale] = text
    if errors:
        raise FormInvalidError(errors)
    # what says the same as if nothing were said follows later changes of ours
    return {locale: text for locale, text in kept.items()
            if text != Texts({key: {each: own for each, own in kept.items() if each != locale}}).text(locale, key)}


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, texts: Mapping[str, str], version: int | None = None) -> None:
    """Word a text from now on, every language at once; a language left empty says ours, or is derived.

    FormInvalidError, and EntryChangedError where `version` is no longer the one that holds.
    """
    before = get(uow, actor, key)
    if version is not None and version != before.version:
        raise EntryChangedError
    own = check(key, texts)
    if own == dict(before.own):
        return
    values = {"texts": orjson.dumps(own).decode(), "version": before.version + 1}
    table = notification_template
    if before.version:
        moved = uow.writing.execute(update(table).where(table.c.key == key, table.c.version == before.version).values(**values))
        if moved.rowcount != 1:
            raise EntryChangedError
    else:
        uow.writing.execute(insert(table).values(key=key, **values))
    pairs = {locale: (before.own.get(locale), own.get(locale)) for locale in LOCALES if before.own.get(locale) != own.get(locale)}
    changes.record(uow, actor, HISTORY, key, "changed" if own else "restored", runtime.clock.now(), changes=pairs)


def _problem(template: Template, locale: str, text: str) -> FieldError | None:
    if len(text) > LONGEST:
        return FieldError(locale, "too_long", "最多 {limit} 字。", {"limit": LONGEST})
    if any(not each.isprintable() and each != "\n" for each in text) or (template.is_line and "\n" in text):
        return FieldError(locale, "invalid_value", "這裡不能有換行或看不見的字元。", {})
    allowed = "、".join(f"{{{name}}}" for name in template.placeholders)
    found = set()
    for match in _TOKEN.finditer(text):
        if match[0] in ("{{", "}}"):
            continue
        if match[1] is None:
            return FieldError(locale, "placeholder_open", "有一個大括號沒有成對。要顯示大括號本身，請連寫兩個。", {})
        if match[1] not in template.placeholders:
            data = {"placeholder": match[0], "allowed": allowed}
            return FieldError(locale, "placeholder_unknown", "不能使用 {placeholder}；這裡可以用：{allowed}。", data)
        found.add(match[1])
    missing = [f"{{{name}}}" for name in template.required if name not in found]
    if missing:
        return FieldError(locale, "placeholder_missing", "必須含有 {placeholder}，否則收件人無法辦理。", {"placeholder": missing[0]})
    return None
