"""From what happened to what arrives, at a real mail server and a real HTTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from engine import notifications, work_items
from engine.clock import MovableClock
from engine.delivery import channels, courier, deliveries, sending, wishes
from engine.delivery.channels import Channel, ChannelKind
from engine.delivery.guarded import AddressInsideError, SendFailedError, UrlInvalidError, check_url, post, resolve
from engine.delivery.wishes import WAYS, Wishes, wants_by_default
from engine.errors import ForbiddenError, FormInvalidError
from engine.instances import run_step
from engine.notifications import Kind
from engine.persistence.tables import delivery, notification
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_site, make_user, rows, start
from tests.engine.delivery.servers import HttpServer, MailServer, http_server, mail_server, make_channel, make_mail


@pytest.fixture
def http() -> Iterator[HttpServer]:
    """Whoever listens to webhooks."""
    with http_server() as server:
        yield server


@pytest.fixture
def mail(runtime: Runtime) -> Iterator[MailServer]:
    """The company's mail server, set up."""
    with mail_server() as server:
        make_mail(runtime, server)
        yield server


@pytest.fixture
def person(runtime: Runtime) -> Person:
    """Somebody with a mail address."""
    return make_user(runtime, "customer_service", email="ming@example.com", locale="en")


def tell(runtime: Runtime, kind: Kind = Kind.MENTIONED, **whom: Any) -> None:
    """Something happens."""
    run_step(runtime, lambda uow: notifications.tell(runtime, uow, kind, **{"data": {"text": "請看"}, **whom}))


def wish(runtime: Runtime, person: Person, **values: Any) -> None:
    """The person says how they want to be told."""
    chosen = {(kind, way): wants_by_default(kind, way) for kind in Kind for way in WAYS} | values.pop("choices", {})
    run_step(runtime, lambda uow: wishes.save(
        runtime, uow, person.actor, Wishes(**{"email": "ming@example.com", "choices": chosen, **values})))


def states(runtime: Runtime) -> list[tuple[str, int]]:
    """Every delivery with its attempts."""
    return [(row.state, row.attempts) for row in rows(runtime, delivery)]


def test_mail_comes_in_the_readers_language_with_the_key_as_its_id(runtime: Runtime, mail: MailServer, person: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    boss = make_user(runtime, "manager", display_name="Wong")
    item = start(runtime, "errand").work_item_ids[0]
    run_step(runtime, lambda uow: work_items.assign(runtime, uow, boss.actor, item, person.id))
    courier.send_due(runtime)
    (sent,) = mail.mails
    (row,) = rows(runtime, delivery)
    assert sent["Message-ID"] == f"<{row.key}@example.com>"
    assert sent["To"] == "ming@example.com"
    assert sent["Subject"].startswith("Wong assigned “do_errand” to you")
    assert states(runtime) == [("sent", 1)]


def test_several_at_once_are_one_mail_and_what_was_read_is_not_sent(runtime: Runtime, mail: MailServer, person: Person) -> None:
    for _ in range(3):
        tell(runtime, people=[person.id])
    courier.send_due(runtime)
    assert [each["Subject"] for each in mail.mails] == ["3 new notifications"]
    tell(runtime, people=[person.id])
    run_step(runtime, lambda uow: notifications.mark_all_read(runtime, uow, person.actor, 99))
    courier.send_due(runtime)
    assert len(mail.mails) == 1
    assert states(runtime)[-1] == ("needless", 1)


def test_a_role_is_told_by_mail_only_where_somebody_wants_it(runtime: Runtime, mail: MailServer, person: Person) -> None:
    """New work is on the pages; by mail it comes to those who chose so, at their site, and not what a colleague has taken."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    here = make_site(runtime)
    other = make_user(runtime, "customer_service", site_id=here, email="other@example.com")
    start(runtime, "errand", site_id=here)
    courier.send_due(runtime)
    assert mail.mails == []
    wish(runtime, person, choices={(Kind.OPENED, "email"): True})
    start(runtime, "errand", site_id=here)
    taken = start(runtime, "errand", site_id=here).work_item_ids[0]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, other.actor, taken))
    courier.send_due(runtime)
    ((to, subject),) = [(each["To"], each["Subject"]) for each in mail.mails]
    assert to == "ming@example.com"
    assert "do_errand" in subject


def test_quiet_hours_and_digests_gather_until_their_moment(
    runtime: Runtime, clock: MovableClock, mail: MailServer, person: Person
) -> None:
    """By the wall clock of the person's site. The test begins on a Monday morning."""
    wish(runtime, person, quiet_from=0, quiet_to=23 * 60 + 59)
    for _ in range(2):
        tell(runtime, people=[person.id])
        courier.send_due(runtime)
    assert mail.mails == []
    assert states(runtime) == [("waiting", 0)]
    clock.advance(timedelta(hours=24))
    courier.send_due(runtime)
    assert [each["Subject"] for each in mail.mails] == ["2 new notifications"]
    wish(runtime, person, digest_hour=18)
    tell(runtime, people=[person.id])
    courier.send_due(runtime)
    zone = run_step(runtime, lambda uow: wishes.zone_of(runtime, uow, person.id))
    assert rows(runtime, delivery)[-1].next_at.astimezone(zone).hour == 18
    assert len(mail.mails) == 1


def test_what_fails_is_tried_again_later_and_later_under_the_same_key_then_listed(
    runtime: Runtime, clock: MovableClock, http: HttpServer
) -> None:
    make_channel(runtime, "webhook", url=http.url, secret={"key": "s3cret"})
    http.statuses = [500] * 20
    tell(runtime, role="manager")
    for _ in range(runtime.settings.delivery_attempts):
        courier.send_due(runtime)
        assert courier.send_due(runtime) == 0
        clock.advance(timedelta(hours=2))
    assert states(runtime) == [("dead", runtime.settings.delivery_attempts)]
    assert len(set(http.keys)) == 1
    http.statuses = []
    boss = make_user(runtime, "administrator")
    dead = rows(runtime, delivery)[0].id
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: deliveries.retry(runtime, uow, make_user(runtime, "manager").actor, [dead]))
    assert run_step(runtime, lambda uow: deliveries.retry(runtime, uow, boss.actor, [dead])) == 1
    courier.send_due(runtime)
    assert states(runtime) == [("sent", 1)]


def test_a_refusal_that_would_be_repeated_is_listed_at_once(runtime: Runtime, mail: MailServer, person: Person) -> None:
    """No such mailbox; a mailbox that is only full is tried again."""
    mail.codes = [550]
    tell(runtime, people=[person.id])
    courier.send_due(runtime)
    mail.codes = [452]
    tell(runtime, people=[person.id])
    courier.send_due(runtime)
    assert states(runtime) == [("dead", 1), ("waiting", 1)]
    problem = orjson.loads(rows(runtime, delivery)[0].problem)
    assert problem["data"]["reason"].startswith("550")


def test_a_dropped_delivery_stays_dropped(runtime: Runtime, http: HttpServer) -> None:
    make_channel(runtime, "webhook", url=http.url, secret={"key": "s3cret"})
    boss = make_user(runtime, "administrator")
    http.statuses = [503]
    tell(runtime, role="manager")
    courier.send_due(runtime)
    assert run_step(runtime, lambda uow: deliveries.drop(runtime, uow, boss.actor, [rows(runtime, delivery)[0].id])) == 1
    assert states(runtime) == [("dropped", 1)]


def test_a_webhook_is_signed_over_time_and_body(runtime: Runtime, http: HttpServer) -> None:
    make_channel(runtime, "webhook", url=http.url, secret={"key": "s3cret"}, role="manager")
    tell(runtime, role="manager", instance_id=None)
    tell(runtime, role="cashier")
    courier.send_due(runtime)
    (got,) = http.received
    expected = sending.signature("s3cret", got.headers["x-guicheng-timestamp"], got.body)
    assert got.headers["x-guicheng-signature"] == f"sha256={expected}"
    body = orjson.loads(got.body)
    assert body["key"] == got.headers["idempotency-key"]
    assert [each["kind"] for each in body["notifications"]] == ["mentioned"]


def test_robots_get_their_own_shape_and_their_errors_are_understood(runtime: Runtime, http: HttpServer) -> None:
    """Both answer 200 with a number. DingTalk's sign is the one of its documentation's rule."""
    make_channel(runtime, "wecom", url=http.url, secret={"key": "k-1"})
    make_channel(runtime, "dingtalk", url=http.url, secret={"access_token": "t-1", "sign": "SEC1"})
    tell(runtime, role="manager")
    courier.send_due(runtime)
    wecom, dingtalk = http.received
    assert wecom.path == "/hook?key=k-1"
    assert orjson.loads(wecom.body)["text"]["content"].strip()
    milliseconds = str(int(runtime.clock.now().timestamp() * 1_000))
    assert f"access_token=t-1&timestamp={milliseconds}&sign=" in dingtalk.path
    assert sending.dingtalk_sign("SEC1", "1700000000000") == "ukR4+WoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio="
    http.answer = b'{"errcode": 45009, "errmsg": "api freq out of limit"}'
    tell(runtime, role="manager")
    courier.send_due(runtime)
    assert [state for state, _ in states(runtime)] == ["sent", "sent", "waiting", "waiting"]


def test_a_text_message_fills_the_gateways_template(runtime: Runtime, http: HttpServer, person: Person) -> None:
    """Quotes and line feeds of the text stay inside their place."""
    make_channel(runtime, "sms", url=http.url, template='{"mobile": "{to}", "content": "{text}"}', header="X-Token", secret={"token": "t"})
    wish(runtime, person, phone="13800138000", choices={(Kind.MENTIONED, "sms"): True})
    tell(runtime, people=[person.id], data={"text": '"引號"\n換行{to}'})
    courier.send_due(runtime)
    (got,) = http.received
    body = orjson.loads(got.body)
    assert body["mobile"] == "13800138000"
    assert '"引號"\n換行{to}' in body["content"]
    assert got.headers["x-token"] == "t"


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "::ffff:127.0.0.1",
                                  "0.0.0.0", "100.64.0.1", "224.0.0.1", "fd00::1"])
def test_our_own_network_is_out_of_reach_unless_allowed(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as an address, and where a name leads there, be it beside an address that is public."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (each, 80)) for each in ("8.8.8.8", host)])
    with pytest.raises(AddressInsideError):
        resolve("innocent.example", 80, may_be_inside=False)
    with pytest.raises(AddressInsideError):
        resolve(host, 80, may_be_inside=False)
    assert resolve("127.0.0.1", 80, may_be_inside=True) == "127.0.0.1"


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("url", ["ftp://example.com", "http://", "http://user:pw@example.com/", "https://exa mple.com",
                                 "javascript:alert(1)"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalidError):
        check_url(url)


def test_a_channel_into_our_network_is_given_up_at_once(runtime: Runtime, http: HttpServer) -> None:
    make_channel(runtime, "webhook", url=http.url, secret={"key": "k"}, inside=False)
    tell(runtime, role="manager")
    courier.send_due(runtime)
    assert states(runtime) == [("dead", 1)]
    assert http.received == []


def test_redirections_are_not_followed(http: HttpServer) -> None:
    http.statuses = [302]
    with pytest.raises(SendFailedError):
        post(http.url, {}, b"", may_be_inside=True)
    assert len(http.received) == 1


def test_secrets_are_kept_and_not_shown(runtime: Runtime) -> None:
    """An empty one on saving stays as it was; who may not administer sees nothing."""
    boss = make_user(runtime, "administrator")
    made = Channel(ChannelKind.WEBHOOK, "工單系統", {"url": "https://example.com/hook"}, {"key": "s3cret"})
    channel_id = run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, made))
    with UnitOfWork(runtime.database) as uow:
        shown = channels.get(uow, boss.actor, channel_id)
        assert "s3cret" not in repr(shown)
        assert shown.secret == {"key": "•"}
    changed = Channel(ChannelKind.WEBHOOK, "新名稱", {"url": "https://example.com/hook"}, {"key": ""}, id=channel_id)
    run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, changed))
    with UnitOfWork(runtime.database) as uow:
        assert channels.for_use(uow, channel_id).secret == {"key": "s3cret"}
        with pytest.raises(ForbiddenError):
            channels.get(uow, make_user(runtime, "manager").actor, channel_id)


def test_a_secret_does_not_follow_a_channel_to_another_address(runtime: Runtime) -> None:
    """Else whoever may change the address could have the secret sent to their own."""
    boss = make_user(runtime, "administrator")
    made = Channel(ChannelKind.WEBHOOK, "工單系統", {"url": "https://example.com/hook"}, {"key": "s3cret"})
    channel_id = run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, made))
    moved = replace(made, id=channel_id, config={"url": "https://elsewhere.example/hook"}, secret={})
    with pytest.raises(FormInvalidError) as refused:
        run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, moved))
    assert [(each.field, each.code) for each in refused.value.errors] == [("key", "required")]
    run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, replace(moved, secret={"key": "other"})))
    with UnitOfWork(runtime.database) as uow:
        assert channels.for_use(uow, channel_id).secret == {"key": "other"}


def test_what_cannot_be_a_channel_is_said_field_by_field(runtime: Runtime) -> None:
    boss = make_user(runtime, "administrator")
    config = {"host": "", "port": "99999", "security": "magic", "sender": "a\nb"}
    with pytest.raises(FormInvalidError) as refused:
        run_step(runtime, lambda uow: channels.save(runtime, uow, boss.actor, Channel(ChannelKind.EMAIL, "", config)))
    assert [each.field for each in refused.value.errors] == ["name", "host", "port", "security", "sender"]


def test_happenings_are_looked_at_once(runtime: Runtime, http: HttpServer) -> None:
    """Many at once are few messages, and none of them is left."""
    make_channel(runtime, "webhook", url=http.url, secret={"key": "k"})
    for _ in range(45):
        tell(runtime, role="manager")
    courier.send_due(runtime)
    told = [each["id"] for got in http.received for each in orjson.loads(got.body)["notifications"]]
    assert sorted(told) == [row.id for row in rows(runtime, notification)]
    assert len(http.received) == 2
    assert all(row.pending_at is None for row in rows(runtime, notification))
