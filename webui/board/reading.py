"""What of a board a person asked to see, read from the address, and its words for the page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask

from engine import boards, permissions
from engine.board_rules import BoardColumn
from engine.boards import OpenBoard
from engine.forms import FormTexts
from engine.queries import board as queries
from engine.queries import board_notes
from engine.queries.board import BoardFilters, Card
from webui import session
from webui.clauses import reasons
from webui.display import zone
from webui.language import current_locale
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of
from webui.wording import limit_name

#: cards of a column at first, and the most that a refresh of several pages may ask for
PAGE_CARDS, MOST_CARDS = 20, 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One board as it was asked for."""

    opened: OpenBoard
    filters: BoardFilters
    texts: FormTexts
    limit: int

    @property
    def process(self) -> str:
        """The procedure's key, as addresses have it."""
        return self.opened.board.process_key

    @property
    def is_narrowed(self) -> bool:
        """Whether cards may be left out."""
        return self.filters != BoardFilters()

    def word(self, text: str) -> str:
        """A text of the board's own."""
        return self.texts.of(text)

    def classes(self) -> list[tuple[str, str]]:
        """(value, wording) of the kinds of cards, in the form's order."""
        field = self.opened.class_field
        return [(str(choice.value), self.texts.of(choice.title)) for choice in field.choices] if field is not None else []

    def class_name(self, value: str | None) -> str:
        """A kind of card in words."""
        return dict(self.classes()).get(value or "", value or "")

    def class_rank(self, value: str | None) -> int:
        """The place of a kind among its likes: the first is the most urgent."""
        values = [each for each, _ in self.classes()]
        return min(values.index(value), 3) if value in values else 3

    def limit_name(self, limit_id: str) -> str:
        """What people call a limit."""
        return limit_name(limit_id, self.opened.content.id)

    def limit_reason(self, limit_id: str) -> str:
        """What the manual says of a limit; read once a page."""
        known: dict[str, str] = flask.g.setdefault("limit_reasons", {})
        if limit_id not in known:
            home = self.opened.content
            found = next((limit for limit in home.limits if limit.full_id == limit_id), None)
            known[limit_id] = reasons(found.clauses, home.id) if found is not None else ""
        return known[limit_id]

    def is_assignable(self, card: Card) -> bool:
        """Whether the reader may give the card's work to somebody."""
        return boards.may_give(session.actor(), self.opened, card)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's parameters with some changed; empty ones are left out."""
        filters = self.filters
        values: dict[str, Any] = {
            "board": self.process, "site": filters.site_id, "building": filters.building_id, "floor": filters.floor,
            "class": filters.card_class, "worker": filters.worker_id, "q": filters.q,
        }
        return {name: value for name, value in (values | changes).items() if value not in (None, "")}

    def tag(self) -> str:
        """Differs whenever the page would: what it is made from, who reads it and how."""
        away = board_notes.absence_version(current(), runtime_of().clock.now())
        version = (queries.version(current(), self.opened.board), away)
        parts = (version, self.opened.content.id, self.address(), self.limit, session.actor().user_id, current_locale())
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def read(args: Mapping[str, str], process: str = "") -> Reading:
    """From the address. NotFoundError where there is no board for this person."""
    actor = session.actor()
    permissions.require(actor, "board:read")
    opened = boards.open_board(runtime_of(), current(), actor, process or args.get("board", "")[:120])
    limit, floor = args.get("limit", ""), args.get("floor", "")
    filters = BoardFilters(
        site_id=id_of(args, "site"), building_id=id_of(args, "building"), worker_id=id_of(args, "worker"),
        floor=int(floor) if floor.removeprefix("-").isascii() and floor.removeprefix("-").isdigit() and len(floor) < 5 else None,
        card_class=args.get("class", "")[:60], q=args.get("q", "").strip()[:100],
    )
    texts = FormTexts(current_locale(), opened.english if current_locale() == "en" else None, zone())
    cards = min(MOST_CARDS, max(PAGE_CARDS, int(limit))) if limit.isascii() and limit.isdigit() and len(limit) < 5 else PAGE_CARDS
    return Reading(opened, filters, texts, cards)


def column_of(reading: Reading, column_id: str) -> BoardColumn:
    """A column by its id; 404 where there is none."""
    column = reading.opened.board.column(column_id)
    if column is None:
        flask.abort(404)
    return column
