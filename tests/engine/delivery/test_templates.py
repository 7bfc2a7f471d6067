"""What messages say once an administrator has worded them."""

from __future__ import annotations

import pytest

from engine.company.changes import EntryChangedError
from engine.delivery import courier, previews, templates
from engine.errors import ForbiddenError, FormInvalidError
from engine.instances import run_step
from engine.notifications import Kind
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_user, rows, start
from tests.engine.delivery.servers import mail_server, make_mail
from tests.engine.delivery.test_courier import tell


@pytest.fixture
def boss(runtime: Runtime) -> Person:
    """The administrator."""
    return make_user(runtime, "administrator")


def word(runtime: Runtime, boss: Person, key: str, version: int | None = None, **texts: str) -> None:
    """The administrator words a text: `zh_Hant=…`, `en=…`."""
    given = {name.replace("_", "-"): text for name, text in texts.items()}
    run_step(runtime, lambda uow: templates.save(runtime, uow, boss.actor, key, given, version))


def said(runtime: Runtime, key: str) -> list[str]:
    """What holds in the three languages."""
    with UnitOfWork(runtime.database) as uow:
        now = templates.in_force(uow)
    return [now.text(locale, key) for locale in ("zh-Hant", "zh-Hans", "en")]


def test_own_words_go_out_simplified_ones_follow_and_english_stays_ours(runtime: Runtime, boss: Person) -> None:
    reader = make_user(runtime, "customer_service", email="ming@example.com", locale="zh-Hans")
    word(runtime, boss, "mentioned", zh_Hant="{by}說：{text}（請盡快處理）")
    assert said(runtime, "mentioned") == [
        "{by}說：{text}（請盡快處理）", "{by}说：{text}（请尽快处理）", "{by} mentioned you in {case}: {text}"]
    with mail_server() as server:
        make_mail(runtime, server)
        tell(runtime, people=[reader.id], by=boss.actor)
        courier.send_due(runtime)
    assert server.mails[0]["Subject"] == f"{boss.name}说：請看（请尽快处理）"
    word(runtime, boss, "mentioned", zh_Hant="{text}", zh_Hans="自己写的：{text}", en="Look: {text}")
    assert said(runtime, "mentioned") == ["{text}", "自己写的：{text}", "Look: {text}"]


def test_what_cannot_be_filled_is_refused_beside_its_language_and_nothing_is_kept(runtime: Runtime, boss: Person) -> None:
    with pytest.raises(FormInvalidError) as refused:
        word(runtime, boss, "overdue", zh_Hant="{sep}", zh_Hans="{case", en="{case!r}")
    assert [(each.field, each.code) for each in refused.value.errors] == [
        ("zh-Hant", "placeholder_unknown"), ("zh-Hans", "placeholder_open"), ("en", "placeholder_unknown")]
    assert refused.value.errors[0].data == {"placeholder": "{sep}", "allowed": "{case}、{step}、{by}、{role}"}
    for key, text in (("link_text", "請確認「{title}」"), ("several", "兩\n行"), ("overdue", "長" * 501)):
        with pytest.raises(FormInvalidError):
            word(runtime, boss, key, zh_Hant=text)
    assert rows(runtime, templates.notification_template) == []
    word(runtime, boss, "overdue", zh_Hant="{{原樣}} {case}")
    assert said(runtime, "overdue")[0] == "{{原樣}} {case}"


def test_every_change_is_in_its_history_and_ours_come_back(runtime: Runtime, boss: Person) -> None:
    word(runtime, boss, "overdue", zh_Hant="快：{case}")
    with pytest.raises(EntryChangedError):
        word(runtime, boss, "overdue", 0, zh_Hant="慢：{case}")
    word(runtime, boss, "overdue", 1)
    assert said(runtime, "overdue")[0] == "「{step}」已逾期：{case}"
    # the same words as ours are no change
    word(runtime, boss, "overdue", 2, zh_Hant="「{step}」已逾期：{case}")
    with UnitOfWork(runtime.database) as uow:
        history = entries.history(uow, templates.HISTORY, "overdue").rows
    assert [(each.action, each.by, dict(each.changes)) for each in history] == [
        ("restored", boss.name, {"zh-Hant": ("快：{case}", None)}), ("changed", boss.name, {"zh-Hant": (None, "快：{case}")})]


def test_a_preview_is_of_something_that_happened_and_keeps_nothing(runtime: Runtime, boss: Person) -> None:
    def preview(key: str, about: int | None = None) -> previews.Preview:
        with UnitOfWork(runtime.database) as uow:
            return previews.show(runtime, uow, boss.actor, key, {"zh-Hant": "試：{step}" if key == "opened" else ""}, about)

    assert preview("opened").chosen is None
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    for number in (1, 2):
        start(runtime, "errand", business_key=f"E-{number}")
    ids = [row.id for row in preview("opened").choices]
    assert preview("opened").chosen == ids[0]
    found = preview("opened", ids[1])
    assert (found.chosen, found.messages["zh-Hans"].subject) == (ids[1], "试：do_errand")
    # of what is about no happening, the text in the middle of a message that holds it
    assert "3" in preview("more").messages["en"].text
    assert "/l/" in preview("link_text").messages["zh-Hant"].text
    assert rows(runtime, templates.notification_template) == []


def test_only_the_administrator_words_messages(runtime: Runtime) -> None:
    manager = make_user(runtime, "manager")
    with pytest.raises(ForbiddenError):
        word(runtime, manager, "overdue", zh_Hant="x")


def test_every_kind_can_be_worded_with_what_its_own_text_holds() -> None:
    for kind in Kind:
        assert templates.check(kind.value, {"zh-Hant": templates.TEMPLATES[kind.value].ours}) == {}
