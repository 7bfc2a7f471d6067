"""Passwords: hashing with argon2id, the policy, and a comparison that takes as long for a name that doesn't exist."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidError
from engine.folding import fold

#: shortest password; length is what counts, so nothing is asked of its characters
MIN_LENGTH = 10
#: longest password: hashing must not become a way to keep the server busy
MAX_LENGTH = 200
_HASHER = PasswordHasher()
_WORN_OUT = frozenset({
    "1234567890", "0123456789", "password12", "password123", "passwordpassword", "qwertyuiop", "1q2w3e4r5t", "adminadmin",
    "administrator", "guicheng123", "a123456789", "123456789a", "aa123456789", "iloveyou123", "woaini1314", "5201314520",
})


class PasswordRefusedError(InvalidError):
    """The new password doesn't meet the policy."""

    code = "password_refused"


def hash_password(password: str) -> str:
    """argon2id with the library's present parameters."""
    return _HASHER.hash(_normalised(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long where there is no hash to compare with."""
    try:
        matches = _HASHER.verify(password_hash or _nobody(), _normalised(password)[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's; the next sign-in renews it."""
    return _HASHER.check_needs_rehash(password_hash)


def check_policy(password: str, *own_names: str) -> None:
    """PasswordRefusedError unless long enough, not among the best known ones and not made of the person's own names."""
    if len(_normalised(password)) < MIN_LENGTH:
        raise PasswordRefusedError(reason="密碼至少需要 10 個字元。")
    if len(password) > MAX_LENGTH:
        raise PasswordRefusedError(reason="密碼不能超過 200 個字元。")
    folded = fold(password)
    if folded in _WORN_OUT or len(set(password)) < 4:
        raise PasswordRefusedError(reason="這個密碼太容易猜到，請換一個。")
    rest = folded
    for name in own_names:
        rest = rest.replace(fold(name), "") if fold(name) else rest
    if len(rest) < MIN_LENGTH // 2:
        raise PasswordRefusedError(reason="密碼不能主要由您的姓名或登入名組成。")


def _normalised(password: str) -> str:
    # the same characters typed on another device may arrive composed differently
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
