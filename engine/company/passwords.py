"""Passwords: hashing with argon2id, the policy, and a comparison that takes as long for a name that doesn't exist."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import InvalidError
from engine.folding import fold

#: shortest password; length is what counts, so nothing is asked of its characters
MIN_LENGTH = 10
#: longest password: hashing must not become a way to keep the server busy
MAX_LENGTH = 200
_HASHER = PasswordHasher()
_COMMON = Path(__file__).with_name("common_passwords.txt")
#: keys as they lie, and letters and digits in their order: walking along them is no secret
_WALKS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
#: how long a walk or a repeated piece may be and still count as characters
_SHORTEST_WALK = 4
#: characters that are left when walks and repetitions count once
_LEAST_LEFT = 5


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
    if folded in _worn_out() or len(set(password)) < 4 or len(_without_walks(folded or password)) < _LEAST_LEFT:
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
def _worn_out() -> frozenset[str]:
    """Those that are tried first, as they are compared: the list holds none shorter than the policy asks for anyway."""
    return frozenset(fold(line) for line in _COMMON.read_text("ascii").split())


def _without_walks(text: str) -> str:
    """What is left when each run along the keys, the alphabet or the digits, and each repeated piece, counts as one character."""
    left, position = "", 0
    while position < len(text):
        length = max(_walk_at(text, position), _repeat_at(text, position))
        left, position = left + text[position], position + max(1, length)
    return left


def _walk_at(text: str, start: int) -> int:
    for length in range(len(text) - start, _SHORTEST_WALK - 1, -1):
        piece = text[start : start + length]
        if any(piece in walk or piece in walk[::-1] for walk in _WALKS):
            return length
    return 0


def _repeat_at(text: str, start: int) -> int:
    """Length of what repeats the text before it."""
    for length in range(min(start, len(text) - start), 0, -1):
        if text[start - length : start] == text[start : start + length]:
            return length
    return 0


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
