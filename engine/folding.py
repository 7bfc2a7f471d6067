"""How searches compare names: width, case, punctuation and traditional or simplified characters make no difference. Pure.

Names in characters are also found by the first letters of their pinyin, as people type them: `宏達貿易` is `hdmy`.
"""

from __future__ import annotations

import unicodedata

from engine.i18n import simplified

#: letters that a piece keeps: longer queries are looked up by their beginning and compared in full afterwards
PIECE = 12
#: surnames that are read otherwise than the character alone
_SURNAMES = dict(zip("曾单解仇查区乐翟尉种覃朴", "zsxqzoyzwcqp", strict=True))  # not a message


def fold(text: str) -> str:
    """Letters, digits and characters only, in one width, one case and simplified: `A－1203` and `a1203` are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return simplified("".join(sign for sign in plain if sign.isalnum()))


def fold_all(*texts: str | None) -> str:
    """Several folded parts, apart from each other so that a search never matches across two of them."""
    return "|".join(fold(text) for text in texts if text)


def searchable(*texts: str | None) -> str:
    """The folded parts, and behind them the initials of those that are written in characters."""
    parts = [fold(text) for text in texts if text]
    return "|".join([*parts, *dict.fromkeys(each for part in parts for each in initials(part))])


def initials(folded: str) -> tuple[str, ...]:
    """First letters of the pinyin of folded text, other letters and digits as they are; two where it may begin with a surname.

    Nothing for text without characters.
    """
    if folded.isascii():
        return ()
    # its dictionaries take a third of a second to load, which most commands never need
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    letters = "".join(lazy_pinyin(folded, style=Style.FIRST_LETTER, errors="default")).casefold()
    if letters == folded:
        return ()
    surname = _SURNAMES.get(folded[0])
    return (letters,) if surname is None else tuple(dict.fromkeys((letters, surname + letters[1:])))


def pieces(search: str) -> frozenset[str]:
    """What a prefix search needs to find any part of searchable text: the beginning of every ending of every part."""
    return frozenset(part[at : at + PIECE] for part in search.split("|") for at in range(len(part)))


def terms(query: str) -> tuple[str, ...]:
    """The folded words of a query, longest first: each has to be found."""
    return tuple(sorted({folded for word in query.split()[:8] if (folded := fold(word))}, key=lambda term: (-len(term), term)))


def matches(search: str, asked: tuple[str, ...]) -> bool:
    """Whether searchable text holds every term."""
    return all(term in search for term in asked)

