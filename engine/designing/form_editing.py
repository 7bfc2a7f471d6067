"""A form while it is edited: what is wrong with its text and where, its words in the three languages, its page to be looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from engine.designing import drafts, saving, usage
from engine.designing.drafts import Draft
from engine.designing.saving import Edit
from engine.designing.usage import Usage
from engine.errors import FieldError, FormInvalidError
from engine.forms import FormDefinitionError, FormTexts, FormView, edit_view, form_messages, initial, load_form
from engine.forms.view import Options
from engine.i18n import CATALOGUE_FILE, own_catalogue, read_catalogue, simplified
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime

#: texts that are worded in one go
MOST_WORDS = 400
_LONGEST = 2_000
_HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: en\\n"\n'


@dataclass(frozen=True, slots=True)
class Word:
    """A source text in the other languages."""

    source: str
    #: empty where nobody has written it
    english: str
    simplified: str
    #: whether the English comes with the program and not from the procedure
    is_common: bool


@dataclass(frozen=True, slots=True)
class FormState:
    """What there is to say of a form's text."""

    #: where in the file and why it is no form; None where it is one
    problem: FormDefinitionError | None
    words: tuple[Word, ...] = ()
    usages: Mapping[str, list[Usage]] = field(default_factory=dict)


def look(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, text: str) -> FormState:
    """What is wrong with the text, its words, and where its fields are used: in the draft with this text laid over it, and elsewhere."""
    used = usage.of_form(runtime, uow, actor, draft_id, key, {f"forms/{key}.json": text.encode()})
    try:
        form = load_form(text.encode(), key)
    except FormDefinitionError as error:
        return FormState(error, (), used)
    own = _english(uow, draft_id)
    return FormState(None, tuple(_word(source, own) for source in form_messages(form)), used)


def page(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, text: str, *, locale: str, english: Mapping[str, str],
    options: Options,
) -> FormView:
    """The form as people will see it, from text that nobody has saved. `english`: words that aren't saved either.

    FormDefinitionError for what is no form.
    """
    drafts.get(uow, actor, draft_id)
    form = load_form(text.encode(), key)
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    texts = FormTexts(locale, {**_english(uow, draft_id), **english}, zone)
    me = Reference(actor.user_id, actor.name) if actor.user_id is not None else None
    return edit_view(form, initial(form, {}, now=runtime.clock.now(), zone=zone, me=me), texts, context={}, options=options)


def put_english(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, words: Mapping[str, str]) -> Draft:
    """Write English of source texts into the procedure's catalogue, entry by entry: what is written there already stays as it stands."""
    drafts.open_for_writing(uow, actor, draft_id)
    if len(words) > MOST_WORDS or any(not source or max(len(source), len(each)) > _LONGEST for source, each in words.items()):
        raise FormInvalidError([FieldError("words", "too_long", "每段文字最多 {most} 個字。", {"most": _LONGEST})])
    held = next((each for each in drafts.file_list(uow, draft_id) if each.path == CATALOGUE_FILE), None)
    text = drafts.files(uow, draft_id)[CATALOGUE_FILE].decode("utf-8", "replace") if held is not None else _HEAD
    own = read_catalogue(text.encode())
    for source, english in words.items():
        if own.get(source, "") != english:
            text = with_english(text, source, english)
    return saving.save(runtime, uow, actor, draft_id, [Edit(CATALOGUE_FILE, text.encode(), held.revision if held is not None else 0)])


def with_english(text: str, source: str, english: str) -> str:
    """A catalogue's text with the English of one source text; every other entry keeps its bytes. Empty English takes the entry out."""
    entry = f"msgid {_quoted(source)}\nmsgstr {_quoted(english)}\n"
    blocks = re.split(r"(\n[ \t\r]*\n)", text)
    # of two entries the last counts
    at = next((place for place in range(len(blocks) - 1, -1, -1) if source in read_catalogue(blocks[place].encode())), None)
    if at is None:
        return text if not english else f"{text.rstrip()}\n\n{entry}"
    if not english:
        del blocks[at : at + 2]
        return "".join(blocks).rstrip() + "\n"
    comments = [line for line in blocks[at].split("\n") if line.startswith("#")]
    tail = "\n" if blocks[at].endswith("\n") else ""
    blocks[at] = "\n".join((*comments, entry.rstrip("\n"))) + tail
    return "".join(blocks)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return f'"{escaped}"'


def _english(uow: UnitOfWork, draft_id: int) -> dict[str, str]:
    return read_catalogue(drafts.files(uow, draft_id).get(CATALOGUE_FILE, b""))


def _word(source: str, own: Mapping[str, str]) -> Word:
    common = own_catalogue().get(source, "")
    return Word(source, own.get(source, common), simplified(source), source not in own and bool(common))
