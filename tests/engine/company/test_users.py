"""Accounts, sign-in and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clock import MovableClock
from engine.company import sessions, users
from engine.company.passwords import PasswordRefusedError, check_policy, verify
from engine.errors import ConflictError, ForbiddenError, FormInvalidError, InvalidError, NotFoundError
from engine.model import SYSTEM, Actor, Channel, RoleGrant
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import tokens
from engine.runtime import Runtime
from tests.builders import PASSWORD, make_site, make_user, rows


def _sign_in(runtime: Runtime, username: str, password: str = PASSWORD, address: str = "10.0.0.1") -> users.Account | None:
    with UnitOfWork(runtime.database) as uow:
        try:
            return users.authenticate(runtime, uow, username, password, address)
        finally:
            uow.commit()


def test_a_created_person_signs_in_with_roles(runtime: Runtime) -> None:
    """Name in any case; grants come with the account."""
    site_id = make_site(runtime)
    with UnitOfWork(runtime.database) as uow:
        users.create(runtime, uow, SYSTEM, username="Lin.Mei", display_name="林美玲", password="月落烏啼霜滿天江楓漁火",
                     grants=[RoleGrant("dispatcher", site_id), RoleGrant("cashier")])
        uow.commit()
    account = _sign_in(runtime, "LIN.mei", "月落烏啼霜滿天江楓漁火")
    assert account is not None
    assert account.display_name == "林美玲"
    assert account.grants == {RoleGrant("dispatcher", site_id), RoleGrant("cashier")}
    assert account.actor(Channel.PHONE).holds("dispatcher", site_id)


def test_wrong_password_unknown_name_and_ended_account_look_alike(runtime: Runtime) -> None:
    """Each is refused in the same way, and each is noted."""
    make_user(runtime, "cashier", username="known")
    make_user(runtime, "cashier", username="gone", deactivated_at=runtime.clock.now())
    assert _sign_in(runtime, "known", "wrong password") is None
    assert _sign_in(runtime, "nobody", "wrong password") is None
    assert _sign_in(runtime, "gone") is None
    assert [row.succeeded for row in rows(runtime, tables.sign_in_attempt)] == [False, False, False]


def test_five_failures_close_the_name_at_that_address_for_a_while(runtime: Runtime, clock: MovableClock) -> None:
    """Even the right password waits; another address doesn't."""
    make_user(runtime, username="lin")
    for _ in range(5):
        assert _sign_in(runtime, "lin", "wrong password") is None
    with pytest.raises(users.TooManyAttemptsError) as refused:
        _sign_in(runtime, "lin")
    assert refused.value.data["minutes"] == 15
    assert _sign_in(runtime, "lin", address="10.0.0.2") is not None
    clock.advance(timedelta(minutes=15))
    assert _sign_in(runtime, "lin") is not None


def test_a_success_forgives_earlier_failures(runtime: Runtime, clock: MovableClock) -> None:
    """Four slips before a success don't count towards the next five."""
    make_user(runtime, username="lin")
    for _ in range(2):
        for _ in range(4):
            clock.advance(timedelta(seconds=1))
            assert _sign_in(runtime, "lin", "wrong password") is None
        clock.advance(timedelta(seconds=1))
        assert _sign_in(runtime, "lin") is not None


def test_guessing_from_many_addresses_closes_the_name(runtime: Runtime) -> None:
    """Twenty failures, whatever the address."""
    make_user(runtime, username="lin")
    for number in range(users.ATTEMPTS_OF_NAME):
        _sign_in(runtime, "lin", "wrong password", address=f"10.0.1.{number}")
    with pytest.raises(users.TooManyAttemptsError):
        _sign_in(runtime, "lin", address="10.0.2.1")


def test_guessing_many_names_closes_the_address(runtime: Runtime) -> None:
    """Sixty failures, whatever the names."""
    make_user(runtime, username="lin")
    with runtime.database.writing() as connection:
        connection.execute(tables.sign_in_attempt.insert(), [
            {"username": f"name{number}", "address": "10.0.0.1", "at": runtime.clock.now(), "succeeded": False}
            for number in range(users.ATTEMPTS_AT_ADDRESS)])
    with pytest.raises(users.TooManyAttemptsError):
        _sign_in(runtime, "lin")


@pytest.mark.parametrize(("password", "names"), [
    ("short", ()), ("x" * 201, ()), ("Password123", ()), ("1111111111", ()), ("林美玲林美玲林美玲林美", ("lin", "林美玲")),
])
def test_weak_passwords_are_refused(password: str, names: tuple[str, ...]) -> None:
    """Too short, too long, well known, one sign repeated, made of the own name."""
    with pytest.raises(PasswordRefusedError):
        check_policy(password, *names)


def test_nothing_matches_where_there_is_no_password() -> None:
    """Also not the one that the comparison is made against."""
    assert not verify(None, "nobody has this password")


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(runtime: Runtime) -> None:
    """The session that asks goes on."""
    person = make_user(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow:
        here, there = (sessions.begin(runtime, uow, person.id, method="password") for _ in range(2))
        account = sessions.account_of(runtime, uow, here)
        assert account is not None
        with pytest.raises(users.PasswordWrongError):
            users.change_password(runtime, uow, person.actor, person.id, "another long one", current="wrong")
        users.change_password(
            runtime, uow, person.actor, person.id, "another long one", current=PASSWORD, session_id=account.session_id)
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        assert sessions.account_of(runtime, uow, there) is None
        assert sessions.account_of(runtime, uow, here) == account
    assert _sign_in(runtime, person.username, "another long one") is not None


def test_a_password_set_by_an_administrator_has_to_be_changed(runtime: Runtime) -> None:
    """Into another one; then it is the person's own."""
    person, administrator = make_user(runtime, "cashier"), make_user(runtime, "administrator")
    with UnitOfWork(runtime.database) as uow:
        users.change_password(runtime, uow, administrator.actor, person.id, "for the first day")
        assert users.get(uow, person.id).must_change_password
        with pytest.raises(PasswordRefusedError):
            users.change_password(runtime, uow, person.actor, person.id, "for the first day", current="for the first day")
        users.change_password(runtime, uow, person.actor, person.id, "my very own words", current="for the first day")
        assert not users.get(uow, person.id).must_change_password


def test_names_are_unique_and_plain(runtime: Runtime) -> None:
    """In any case of letters."""
    make_user(runtime, username="lin")
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(users.UserExistsError):
            users.create(runtime, uow, SYSTEM, username="LIN", display_name="林")
        with pytest.raises(InvalidError):
            users.create(runtime, uow, SYSTEM, username="li n", display_name="林")


def test_unknown_roles_and_sites_are_refused(runtime: Runtime) -> None:
    """A mistyped role would silently never get work."""
    with UnitOfWork(runtime.database) as uow:
        for grant in (RoleGrant("dispacher"), RoleGrant("dispatcher", 4711)):
            with pytest.raises(NotFoundError):
                users.create(runtime, uow, SYSTEM, username=f"lin{grant.site_id or ''}", display_name="林", grants=[grant])


def test_only_an_administrator_makes_accounts(runtime: Runtime) -> None:
    """A manager doesn't."""
    manager = make_user(runtime, "manager")
    with UnitOfWork(runtime.database) as uow, pytest.raises(ForbiddenError):
        users.create(runtime, uow, manager.actor, username="lin", display_name="林")


def test_the_last_administrator_stays(runtime: Runtime) -> None:
    """Neither deactivation nor new roles may leave nobody to give roles."""
    administrator = make_user(runtime, "administrator")
    with UnitOfWork(runtime.database) as uow, pytest.raises(users.LastAdministratorError):
        users.deactivate(runtime, uow, administrator.actor, administrator.id)
    with UnitOfWork(runtime.database) as uow, pytest.raises(users.LastAdministratorError):
        users.set_grants(runtime, uow, administrator.actor, administrator.id, [RoleGrant("manager")])
    make_user(runtime, "administrator")
    with UnitOfWork(runtime.database) as uow:
        users.deactivate(runtime, uow, administrator.actor, administrator.id)
        uow.commit()
    assert _sign_in(runtime, administrator.username) is None


def test_a_token_acts_for_its_owner_until_revoked(runtime: Runtime) -> None:
    """It's stored as a digest; its use is noted once an hour."""
    person = make_user(runtime, "dispatcher")
    with UnitOfWork(runtime.database) as uow:
        token = users.add_token(runtime, uow, SYSTEM, person.id, "kiosk")
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        assert users.actor_for_token(runtime, uow, token) == Actor(person.id, person.name, person.actor.grants, Channel.API)
        assert uow.is_writing
        uow.commit()
        users.actor_for_token(runtime, uow, token)
        assert not uow.is_writing
        assert users.actor_for_token(runtime, uow, token + "x") is None
        assert users.revoke_tokens(runtime, uow, person.actor, person.id, "kiosk") == 1
        uow.commit()
        assert users.actor_for_token(runtime, uow, token) is None
    assert token.encode() not in rows(runtime, tables.api_token)[0].digest


def test_a_token_runs_out_by_itself(runtime: Runtime, clock: MovableClock) -> None:
    """And making and revoking one is on record, by whichever way."""
    person, administrator = make_user(runtime, "dispatcher"), make_user(runtime, "administrator")
    with UnitOfWork(runtime.database) as uow:
        token = users.add_token(runtime, uow, administrator.actor, person.id, "kiosk", 30)
        clock.advance(timedelta(days=30, seconds=-1))
        assert users.actor_for_token(runtime, uow, token) is not None
        assert [row.roles for row in tokens.page(uow, administrator.actor, clock.now()).rows] == [("dispatcher",)]
        clock.advance(timedelta(seconds=1))
        assert users.actor_for_token(runtime, uow, token) is None
        assert tokens.page(uow, administrator.actor, clock.now()).rows == ()
        (ended,) = tokens.page(uow, administrator.actor, clock.now(), ended=True).rows
        users.revoke_token(runtime, uow, administrator.actor, ended.id)
        users.revoke_token(runtime, uow, administrator.actor, ended.id)
        for days in (0, users.MOST_TOKEN_DAYS + 1):
            with pytest.raises(FormInvalidError):
                users.add_token(runtime, uow, administrator.actor, person.id, "kiosk", days)
        uow.commit()
    told = rows(runtime, tables.directory_change, tables.directory_change.c.kind == "token")
    assert [(row.action, row.actor_id) for row in told] == [("created", administrator.id), ("revoked", administrator.id)]


def test_deactivation_revokes_tokens(runtime: Runtime) -> None:
    """And no new one can be made."""
    person = make_user(runtime, "dispatcher")
    with UnitOfWork(runtime.database) as uow:
        token = users.add_token(runtime, uow, SYSTEM, person.id, "kiosk")
        users.deactivate(runtime, uow, SYSTEM, person.id)
        uow.commit()
        assert users.actor_for_token(runtime, uow, token) is None
        with pytest.raises(ConflictError):
            users.add_token(runtime, uow, SYSTEM, person.id, "kiosk")
