"""How searches compare names: width, case, punctuation and traditional or simplified characters make no difference. Pure."""

from __future__ import annotations

import unicodedata

from engine.i18n import simplified


def fold(text: str) -> str:
    """Letters, digits and characters only, in one width, one case and simplified: `A－1203` and `a1203` are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return simplified("".join(sign for sign in plain if sign.isalnum()))


def fold_all(*texts: str | None) -> str:
    """Several folded parts, apart from each other so that a search never matches across two of them."""
    return "|".join(fold(text) for text in texts if text)
