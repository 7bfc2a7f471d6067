"""A limited bearer token: never more than its person, and less by role, by site and by what it may do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import submissions, work_items
from engine.company import users
from engine.company.token_limits import TokenLimits, narrowed
from engine.errors import FormInvalidError, NotACandidateError
from engine.model import SYSTEM, Actor, Channel, RoleGrant, StandIn
from engine.permissions import PERMISSIONS, SCOPES, TokenLimitedError, may, require_scope, sites_where
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders

pytestmark = pytest.mark.databases("sqlite")

PERSON = Actor(7, "陳", frozenset({RoleGrant("manager"), RoleGrant("cashier", 3)}), Channel.API, stand_ins=(
    StandIn(8, "林", frozenset({RoleGrant("administrator")})),))


def test_a_token_for_some_roles_and_sites_holds_their_meeting_and_stands_in_for_nobody() -> None:
    some = narrowed(PERSON, TokenLimits(roles=frozenset({"manager"}), site_ids=frozenset({3, 4})))
    assert some.grants == {RoleGrant("manager", 3), RoleGrant("manager", 4)}
    assert not some.stand_ins
    assert sites_where(some, "audit:read") == {3, 4}
    assert narrowed(PERSON, TokenLimits(site_ids=frozenset({9}))).grants == {RoleGrant("manager", 9)}
    assert narrowed(PERSON, TokenLimits()) is PERSON


@pytest.mark.parametrize("scopes", [frozenset(), *(frozenset({scope}) for scope in SCOPES)], ids=lambda each: next(iter(each), "read"))
def test_a_scope_opens_what_it_names_and_reading_and_nothing_else(scopes: frozenset[str]) -> None:
    everybody = replace(PERSON, grants=frozenset(RoleGrant(role) for roles in PERMISSIONS.values() for role in roles), stand_ins=())
    limited = narrowed(everybody, TokenLimits(scopes=scopes))
    opened = {name for name in PERMISSIONS if may(limited, name)}
    named = {name for scope in scopes for name in SCOPES[scope]}
    assert named <= opened
    assert {name for name in opened - named if not name.partition(":")[2].startswith("read")} == {
        "directory:personal", "event-log:name-persons", "identity:audit"}
    for scope in set(SCOPES) - scopes:
        with pytest.raises(TokenLimitedError):
            require_scope(limited, scope)


def test_what_is_ones_own_by_name_is_not_a_token_for_another_role(runtime: Runtime) -> None:
    """An item that the person has taken already is closed to a token for other roles, whoever holds it."""
    builders.deploy_simple(runtime)
    person = builders.make_user(runtime, "customer_service", "cashier")
    (item,) = builders.start(runtime, "errand").work_item_ids
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, person.actor, item))
    other = narrowed(person.actor, TokenLimits(roles=frozenset({"cashier"})))
    for act in (work_items.unclaim, work_items.claim):
        with pytest.raises(NotACandidateError), UnitOfWork(runtime.database) as uow:
            act(runtime, uow, other, item)
    with pytest.raises(NotACandidateError), UnitOfWork(runtime.database) as uow:
        submissions.actionable(uow, other, item)
    same = narrowed(person.actor, TokenLimits(roles=frozenset({"customer_service"})))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, same, item, {}))


def test_limits_to_what_the_person_or_the_company_has_not_are_refused_beside_the_field(runtime: Runtime) -> None:
    person = builders.make_user(runtime, "cashier")
    wrong = TokenLimits(frozenset({"manager"}), frozenset({99}), frozenset({"everything"}))
    with pytest.raises(FormInvalidError) as refused, UnitOfWork(runtime.database) as uow:
        users.add_token(runtime, uow, SYSTEM, person.id, "x", 1, wrong)
    assert [each.field for each in refused.value.errors] == ["roles", "sites", "scopes"]


def test_a_limited_token_makes_no_other_token(runtime: Runtime) -> None:
    admin = builders.make_user(runtime, "administrator")
    limited = narrowed(admin.actor, TokenLimits(scopes=frozenset(SCOPES)))
    with pytest.raises(TokenLimitedError), UnitOfWork(runtime.database) as uow:
        users.add_token(runtime, uow, limited, admin.id, "x")
