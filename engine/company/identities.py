"""Accounts at an identity provider: whose account a sign-in there is, and which roles follow from it. Knows no protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select

from engine.company import changes, users
from engine.company.account_rows import Account
from engine.errors import ForbiddenError
from engine.model import SYSTEM, RoleGrant
from engine.persistence.tables import external_identity, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: no group elsewhere takes this one away: somebody must be left who gives roles
_KEPT = "administrator"


class IdentityUnknownError(ForbiddenError):
    """Expected an active account here for whoever has signed in there."""

    code = "identity_unknown"
    sentence = "「{name}」在本系統沒有可用的帳號。請聯絡系統管理員新增帳號，或填上相同的電子郵件。"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has signed in at the provider, as the provider says."""

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    #: whether the provider vouches for the address: any other is never compared
    is_email_verified: bool = False
    username: str = ""
    #: None where the provider doesn't say
    groups: tuple[str, ...] | None = None


def identity_of(claims: Mapping[str, Any], role_claim: str) -> Identity:
    """From a verified ID token's claims."""
    groups = claims.get(role_claim) if role_claim else None
    if isinstance(groups, str):
        groups = [groups]
    return Identity(
        issuer=str(claims["iss"]), subject=str(claims["sub"]), name=str(claims.get("name") or claims.get("preferred_username") or "")[:100],
        email=str(claims.get("email") or "")[:200], is_email_verified=claims.get("email_verified") is True,
        username=str(claims.get("preferred_username") or ""),
        groups=tuple(str(group) for group in groups) if isinstance(groups, Sequence) else None)


def account_of(runtime: Runtime, uow: UnitOfWork, identity: Identity) -> Account:
    """The account for an identity: known by its subject, else linked by a verified address, else made where settings say so.

    IdentityUnknownError where there is none or it was deactivated. Roles follow the groups where settings map them.
    """
    known = uow.reading.execute(select(external_identity.c.user_id).where(
        external_identity.c.issuer == identity.issuer, external_identity.c.subject == identity.subject)).scalar()
    user_id = known if known is not None else _by_email(uow, identity)
    if user_id is None and runtime.settings.oidc_create:
        user_id = users.create(runtime, uow, SYSTEM, username=_free_name(uow, identity), email=identity.email or None,
                               display_name=identity.name or identity.email or "—")
    account = users.find(uow, user_id) if user_id is not None else None
    if account is None or account.deactivated_at is not None:
        raise IdentityUnknownError(name=identity.email or identity.name or identity.subject)
    if known is None:
        now = runtime.clock.now()
        uow.writing.execute(insert(external_identity).values(
            user_id=account.id, issuer=identity.issuer, subject=identity.subject, linked_at=now))
        changes.record(uow, SYSTEM, "person", account.id, "linked", now, changes={"email": (None, identity.email or identity.subject)})
    _follow_groups(runtime, uow, account, identity)
    return users.get(uow, account.id)


def mapped_roles(text: str) -> dict[str, str]:
    """`kefu=customer_service,boss=manager` as group → role."""
    pairs = (part.partition("=") for part in text.split(",") if "=" in part)
    return {group.strip(): role.strip() for group, _, role in pairs}


def _by_email(uow: UnitOfWork, identity: Identity) -> int | None:
    if not identity.email or not identity.is_email_verified:
        return None
    found = uow.reading.execute(select(user.c.id).where(
        func.lower(user.c.email) == identity.email.lower(), user.c.deactivated_at.is_(None)).limit(2)).scalars().all()
    # an address that two people share is nobody's
    return found[0] if len(found) == 1 else None


def _free_name(uow: UnitOfWork, identity: Identity) -> str:
    wanted = identity.username or identity.email.partition("@")[0]
    base = re.sub(r"[^a-z0-9._-]", "", wanted.lower()).strip("._-")[:50] or "user"
    number, name = 1, base
    while users.find_by_name(uow, name) is not None:
        number += 1
        name = f"{base}{number}"
    return name


def _follow_groups(runtime: Runtime, uow: UnitOfWork, account: Account, identity: Identity) -> None:
    mapping = mapped_roles(runtime.settings.oidc_roles)
    if not mapping or identity.groups is None:
        return
    given = {mapping[group] for group in identity.groups if group in mapping}
    ours = set(mapping.values()) - {_KEPT}
    kept = {grant for grant in account.grants if grant.role not in ours or grant.role in given}
    missing = given - {grant.role for grant in kept}
    users.set_grants(runtime, uow, SYSTEM, account.id, kept | {RoleGrant(role) for role in missing})
