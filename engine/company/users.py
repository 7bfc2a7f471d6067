"""People who sign in: accounts, the roles they hold, their passwords and bearer tokens. Knows no pages."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, literal, select, update

from engine import house_rules, permissions
from engine.company import account_rows, changes, sessions, token_limits
from engine.company.account_rows import Account
from engine.company.changes import EntryChangedError
from engine.company.passwords import PasswordRefusedError, check_policy, hash_password, is_outdated, verify
from engine.company.token_limits import UNLIMITED, TokenLimits
from engine.errors import ConflictError, FieldError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.folding import searchable
from engine.i18n import LOCALES
from engine.model import SYSTEM, Actor, Channel, RoleGrant
from engine.persistence.tables import api_token, role_grant, sign_in_attempt, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: failures after which a name is refused from anywhere, and an address for any name, beside the setting's number of one name at one
#: address. A site office shares one address, so that limit is wide.
ATTEMPTS_OF_NAME, ATTEMPTS_AT_ADDRESS = 20, 60
_PREFIX = "gct_"
#: kind of entry in the record of changes
_BEARER = "token"
#: days that a token is good for at most, where it runs out by itself at all
MOST_TOKEN_DAYS = 3_650
#: a token's use is noted at most this often, so that reading by a token seldom writes
_TOKEN_USE_NOTED_EVERY = timedelta(hours=1)
#: what a sign-in name may be
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,58}[a-z0-9]|[a-z0-9]")

_TOKEN = select(api_token.c.id, api_token.c.user_id, api_token.c.last_used_at, api_token.c.expires_at, api_token.c.limits).where(
    api_token.c.digest == bindparam("digest"), api_token.c.revoked_at.is_(None))


class UserExistsError(ConflictError):
    """Expected a free sign-in name."""

    code = "user_exists"
    sentence = "登入名「{username}」已被使用。"


class LastAdministratorError(ConflictError):
    """Expected another active administrator to remain."""

    code = "last_administrator"
    sentence = "這是最後一位系統管理員，不能停用或移除其角色。"


class PasswordWrongError(InvalidError):
    """The present password that a change asks for isn't right."""

    code = "password_wrong"
    sentence = "目前的密碼不正確。"


class TooManyAttemptsError(GuichengError):
    """Sign-in is refused for a while, whatever the password."""

    code = "too_many_attempts"
    sentence = "登入失敗次數過多，請於 {minutes} 分鐘後再試。"


# ---------------------------------------------------------------- accounts

def create(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, username: str, display_name: str, grants: Iterable[RoleGrant] = (),
    password: str | None = None, phone: str | None = None, email: str | None = None, locale: str = "zh-Hant",
) -> int:
    """Add a person; returns the id. Without a password nobody can sign in by one yet.

    UserExistsError, PasswordRefusedError, InvalidError for a name, role or language that can't be.
    """
    permissions.require(actor, "user:administer")
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise InvalidError(reason="登入名只能用小寫英文字母、數字、句點、減號和底線，最長 60 個字元。")
    if not display_name.strip() or len(display_name) > 100:
        raise InvalidError(reason="請填寫姓名，最長 100 個字元。")
    _check_locale(locale)
    if password is not None:
        check_policy(password, username, display_name)
    password_hash = hash_password(password) if password is not None else None
    connection = uow.writing
    if connection.execute(select(user.c.id).where(user.c.username == username)).first() is not None:
        raise UserExistsError(username=username)
    made = connection.execute(insert(user).values(
        username=username, display_name=display_name.strip(), password_hash=password_hash, phone=phone, email=email, locale=locale,
        search=searchable(username, display_name, phone), created_at=runtime.clock.now())).inserted_primary_key
    assert made is not None
    user_id: int = made[0]
    _write_grants(runtime, uow, user_id, grants)
    known = {"username": username, "display_name": display_name.strip(), "phone": phone, "email": email, "locale": locale,
             "roles": _listed(frozenset(grants))}
    changes.record(uow, actor, "person", user_id, "created", runtime.clock.now(), changes=changes.diff({}, known))
    return user_id


def set_profile(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, *, display_name: str, phone: str | None, email: str | None, locale: str,
    version: int | None = None,
) -> None:
    """Change what others see of a person, and the language. One's own, or any as an administrator.

    EntryChangedError when somebody has changed the account since `version`.
    """
    if actor.user_id != user_id:
        permissions.require(actor, "user:administer")
    if not display_name.strip() or len(display_name) > 100:
        raise InvalidError(reason="請填寫姓名，最長 100 個字元。")
    _check_locale(locale)
    account = _locked(uow, user_id, version)
    after = {"display_name": display_name.strip(), "phone": phone, "email": email, "locale": locale}
    found = changes.diff({name: getattr(account, name) for name in after}, after)
    if not found:
        return
    uow.writing.execute(update(user).where(user.c.id == user_id).values(
        **after, search=searchable(account.username, display_name, phone), version=user.c.version + 1))
    changes.record(uow, actor, "person", user_id, "changed", runtime.clock.now(), changes=found)


def set_locale(uow: UnitOfWork, user_id: int, locale: str) -> None:
    """Keep the language that a person chose."""
    _check_locale(locale)
    uow.writing.execute(update(user).where(user.c.id == user_id).values(locale=locale))


def set_grants(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, grants: Iterable[RoleGrant], version: int | None = None,
) -> None:
    """Replace the roles that a person holds. LastAdministratorError rather than nobody left to give roles."""
    permissions.require(actor, "user:administer")
    before, after = _locked(uow, user_id, version), frozenset(grants)
    if before.grants == after:
        return
    uow.writing.execute(delete(role_grant).where(role_grant.c.user_id == user_id))
    _write_grants(runtime, uow, user_id, after)
    _keep_an_administrator(uow, before)
    uow.writing.execute(update(user).where(user.c.id == user_id).values(version=user.c.version + 1))
    changes.record(uow, actor, "person", user_id, "changed", runtime.clock.now(), changes={
        "roles": (_listed(before.grants), _listed(after))})


def deactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, reason: str | None = None) -> None:
    """End an account: no sign-in, no session, no token from now on. The person's acts stay on record."""
    permissions.require(actor, "user:administer")
    before = get(uow, user_id)
    now = runtime.clock.now()
    moved = uow.writing.execute(update(user).where(user.c.id == user_id, user.c.deactivated_at.is_(None)).values(
        deactivated_at=now, version=user.c.version + 1))
    sessions.end_all(runtime, uow, actor, user_id)
    _revoke(uow, actor, [api_token.c.user_id == user_id], now)
    _keep_an_administrator(uow, before)
    if moved.rowcount:
        changes.record(uow, actor, "person", user_id, "deactivated", now, reason=reason)


def reactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, reason: str | None = None) -> None:
    """Let a person sign in again, with the roles held before. Tokens stay revoked, sessions ended."""
    permissions.require(actor, "user:administer")
    get(uow, user_id)
    moved = uow.writing.execute(update(user).where(user.c.id == user_id, user.c.deactivated_at.is_not(None)).values(
        deactivated_at=None, version=user.c.version + 1))
    if moved.rowcount:
        changes.record(uow, actor, "person", user_id, "reactivated", runtime.clock.now(), reason=reason)


def find(uow: UnitOfWork, user_id: int) -> Account | None:
    """The account with its roles; also a deactivated one."""
    return _one(uow, user.c.id == user_id)


def find_by_name(uow: UnitOfWork, username: str) -> Account | None:
    """As `find`, by sign-in name."""
    return _one(uow, user.c.username == username.strip().lower())


def list_all(uow: UnitOfWork) -> tuple[Account, ...]:
    """Every account by sign-in name, deactivated ones included: for the command line, not for pages."""
    return tuple(sorted(_many(uow, user.c.id > 0), key=lambda account: account.username))


def get(uow: UnitOfWork, user_id: int) -> Account:
    """As `find`; NotFoundError without one."""
    account = find(uow, user_id)
    if account is None:
        raise NotFoundError(kind="使用者", id=user_id)
    return account


def actor_of(uow: UnitOfWork, user_id: int | None) -> Actor:
    """Who asked for work that is done later; the system where nobody did. NotFoundError without the person."""
    return SYSTEM if user_id is None else get(uow, user_id).actor()


# ---------------------------------------------------------------- signing in

def authenticate(runtime: Runtime, uow: UnitOfWork, username: str, password: str, address: str) -> Account | None:
    """The account for a name and password; None when they don't match, without telling which of the two was wrong.

    Notes the attempt: the caller commits **also after a refusal**. Raises TooManyAttemptsError (`minutes`) while failures from the
    window stand against the name or the address; then the password isn't even looked at.
    """
    username = username.strip().lower()[:60]
    address = address[:60]
    now = runtime.clock.now()
    _refuse_if_throttled(runtime, uow, username, address, now)
    row = uow.reading.execute(select(user.c.id, user.c.password_hash).where(
        user.c.username == username, user.c.deactivated_at.is_(None))).first()
    # hashing is slow by intent, so it happens before the writer lock is taken
    matches = verify(row.password_hash if row else None, password)
    renewed = hash_password(password) if matches and row is not None and is_outdated(row.password_hash) else None
    connection = uow.writing
    connection.execute(insert(sign_in_attempt).values(username=username, address=address, at=now, succeeded=matches))
    if not matches or row is None:
        return None
    if renewed is not None:
        connection.execute(update(user).where(user.c.id == row.id).values(password_hash=renewed))
    return find(uow, row.id)


def _refuse_if_throttled(runtime: Runtime, uow: UnitOfWork, username: str, address: str, now: datetime) -> None:
    attempt = sign_in_attempt.c
    window = timedelta(minutes=runtime.settings.sign_in_minutes)
    since = now - window
    of_name, at_address = attempt.username == username, attempt.address == address
    success = select(func.max(attempt.at)).where(of_name, at_address, attempt.succeeded, attempt.at > since).scalar_subquery()
    after_success = attempt.at > func.coalesce(success, literal(since, attempt.at.type))
    for limit, scope in ((runtime.settings.sign_in_attempts, of_name & at_address & after_success),
                         (ATTEMPTS_OF_NAME, of_name), (ATTEMPTS_AT_ADDRESS, at_address)):
        failures = uow.reading.execute(select(attempt.at).where(scope, ~attempt.succeeded, attempt.at > since)
                                       .order_by(attempt.at.desc()).limit(limit)).scalars().all()
        if len(failures) >= limit:
            wait = failures[-1] + window - now
            raise TooManyAttemptsError(minutes=max(1, -(-int(wait.total_seconds()) // 60)))


def change_password(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, new: str, *, current: str | None = None, session_id: int | None = None,
) -> None:
    """Set a password and end the person's sessions, but for `session_id`.

    One's own with the current one (PasswordWrongError); anyone's as an administrator, and then the person has to choose another one
    at the next sign-in.
    """
    account = get(uow, user_id)
    is_own = actor.user_id == user_id
    if is_own:
        stored = uow.reading.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar()
        if not verify(stored, current or ""):
            raise PasswordWrongError()
        if current == new and account.must_change_password:
            raise PasswordRefusedError(reason="新密碼不能與暫時的密碼相同。")
    else:
        permissions.require(actor, "user:administer")
    set_password(runtime, uow, actor, account, new, must_change=not is_own, session_id=session_id)


def set_password(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, account: Account, new: str, *, must_change: bool = False,
    session_id: int | None = None,
) -> None:
    """Keep a password that whoever calls has a right to set. PasswordRefusedError by the policy."""
    check_policy(new, account.username, account.display_name)
    hashed = hash_password(new)
    uow.writing.execute(update(user).where(user.c.id == account.id).values(password_hash=hashed, must_change_password=must_change))
    sessions.end_all(runtime, uow, actor, account.id, but=session_id)
    changes.record(uow, actor, "person", account.id, "password", runtime.clock.now())


# ---------------------------------------------------------------- bearer tokens

def add_token(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, name: str, days: int | None = None, limits: TokenLimits = UNLIMITED,
) -> str:
    """A new bearer token for a person, good for so many days or until it is revoked; it is returned here once and kept as a digest only.

    FormInvalidError without a name, with days out of reach or limits to what there is not; ConflictError for an account that is out of use.
    """
    # a limited token makes no other
    permissions.require_scope(actor, None)
    if actor.user_id != user_id:
        permissions.require(actor, "user:administer")
    name, now = name.strip()[:100], runtime.clock.now()
    errors = [] if name else [FieldError("name", "required", "請填寫名稱。", {})]
    if days is not None and not 1 <= days <= MOST_TOKEN_DAYS:
        errors.append(FieldError("days", "range", "請填寫 1 到 {most} 之間的天數。", {"most": MOST_TOKEN_DAYS}))
    account = get(uow, user_id)
    errors += token_limits.problems(uow, account.grants, limits)
    if errors:
        raise FormInvalidError(errors)
    if account.deactivated_at is not None:
        raise ConflictError()
    token, expires_at = _PREFIX + secrets.token_urlsafe(32), now + timedelta(days=days) if days is not None else None
    token_id: int = uow.writing.execute(insert(api_token).values(
        user_id=user_id, name=name, digest=_digest(token), created_at=now, expires_at=expires_at, limits=token_limits.packed(limits),
    ).returning(api_token.c.id)).scalar_one()
    pairs = {"name": (None, name), "person": (None, account.display_name), "expires_at": (None, expires_at), **_told(limits)}
    changes.record(uow, actor, _BEARER, token_id, "created", now, changes=pairs)
    return token


def revoke_tokens(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, name: str | None = None) -> int:
    """Revoke a person's tokens, all or those of one name; returns how many were in force."""
    if actor.user_id != user_id:
        permissions.require(actor, "user:administer")
    which = [api_token.c.user_id == user_id]
    if name is not None:
        which.append(api_token.c.name == name)
    return _revoke(uow, actor, which, runtime.clock.now())


def revoke_token(runtime: Runtime, uow: UnitOfWork, actor: Actor, token_id: int) -> None:
    """Let a token open nothing any more; one that was revoked stays as it is. NotFoundError, ForbiddenError."""
    permissions.require(actor, "user:administer")
    if uow.reading.execute(select(api_token.c.id).where(api_token.c.id == token_id)).one_or_none() is None:
        raise NotFoundError(kind="權杖", id=token_id)
    _revoke(uow, actor, [api_token.c.id == token_id], runtime.clock.now())


def actor_for_token(runtime: Runtime, uow: UnitOfWork, token: str) -> Actor | None:
    """Who a bearer token belongs to; None when unknown, run out, revoked or its owner deactivated. Notes the use now and then
    (`uow.is_writing`)."""
    found = uow.reading.execute(_TOKEN, {"digest": _digest(token)}).first()
    now = runtime.clock.now()
    account = account_rows.by_id(uow, found.user_id, now) if found else None
    if found is None or account is None or account.deactivated_at is not None:
        return None
    if found.expires_at is not None and found.expires_at <= now:
        return None
    house_rules.catch_up(runtime, uow, account.rules_stamp)
    if found.last_used_at is None or now - found.last_used_at > _TOKEN_USE_NOTED_EVERY:
        uow.writing.execute(update(api_token).where(api_token.c.id == found.id).values(last_used_at=now))
    return token_limits.narrowed(account.actor(Channel.API), token_limits.unpacked(found.limits))


# ---------------------------------------------------------------- inside

def _revoke(uow: UnitOfWork, actor: Actor, which: list[ColumnElement[bool]], now: datetime) -> int:
    rows = uow.writing.execute(
        update(api_token).where(*which, api_token.c.revoked_at.is_(None)).values(revoked_at=now)
        .returning(api_token.c.id, api_token.c.name)
    ).all()
    for row in rows:
        changes.record(uow, actor, _BEARER, row.id, "revoked", now, changes={"name": (None, row.name)})
    return len(rows)


def _told(limits: TokenLimits) -> dict[str, tuple[None, object]]:
    """A token's limits as the record of changes tells them."""
    parts = {"roles": limits.roles, "sites": limits.site_ids, "scopes": limits.scopes}
    return {name: (None, sorted(part)) for name, part in parts.items() if part is not None}


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _check_locale(locale: str) -> None:
    if locale not in LOCALES:
        raise InvalidError(reason="沒有這種語言。")


def _write_grants(runtime: Runtime, uow: UnitOfWork, user_id: int, grants: Iterable[RoleGrant]) -> None:
    for grant in sorted(set(grants), key=lambda grant: (grant.role, grant.site_id or 0)):
        if grant.role not in runtime.organisation.roles:
            raise NotFoundError(kind="角色", id=grant.role)
        if grant.site_id is not None and uow.writing.execute(select(site.c.id).where(site.c.id == grant.site_id)).first() is None:
            raise NotFoundError(kind="園區", id=grant.site_id)
        uow.writing.execute(insert(role_grant).values(user_id=user_id, role=grant.role, site_id=grant.site_id))


def _keep_an_administrator(uow: UnitOfWork, before: Account) -> None:
    if all(grant.role != "administrator" for grant in before.grants):
        return
    remaining = uow.writing.execute(select(func.count()).select_from(role_grant.join(user, user.c.id == role_grant.c.user_id)).where(
        role_grant.c.role == "administrator", user.c.deactivated_at.is_(None))).scalar()
    if not remaining:
        raise LastAdministratorError()


def _locked(uow: UnitOfWork, user_id: int, version: int | None) -> Account:
    """The account, until the transaction ends nobody else's to change."""
    stands = uow.writing.execute(select(user.c.version).where(user.c.id == user_id).with_for_update()).scalar()
    if version is not None and stands is not None and stands != version:
        raise EntryChangedError(kind="人員", id=user_id)
    return get(uow, user_id)


def _listed(grants: frozenset[RoleGrant]) -> list[str]:
    """Grants as history keeps them: `cashier`, `manager@3`."""
    return sorted(grant.role if grant.site_id is None else f"{grant.role}@{grant.site_id}" for grant in grants)


def _one(uow: UnitOfWork, condition: ColumnElement[bool]) -> Account | None:
    return next(iter(_many(uow, condition)), None)


def _many(uow: UnitOfWork, condition: ColumnElement[bool]) -> list[Account]:
    return account_rows.read(uow, account_rows.ACCOUNTS.where(condition), {})
