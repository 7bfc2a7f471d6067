"""Pages of help."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from webui import session
from webui.help import shortcuts, terms
from webui.help.guides import GUIDES, of_roles


def page() -> ResponseReturnValue:
    """What the person's roles do, then what the others do."""
    mine = of_roles(session.actor().roles())
    return flask.render_template("help/page.html", mine=mine, others=[guide for guide in GUIDES if guide not in mine])


def glossary() -> ResponseReturnValue:
    """Every word, with what it means here."""
    return flask.render_template("help/glossary.html", terms=terms.TERMS)


def keys() -> ResponseReturnValue:
    """The keys of the page that is named by its endpoint, as a page or as a part for a dialog."""
    is_part = "HX-Request" in flask.request.headers
    found = shortcuts.of_page(flask.request.args.get("at", "")[:80])
    return flask.render_template("help/keys_part.html" if is_part else "help/keys.html", keys=found)


def terms_in(text: str) -> tuple[terms.Term, ...]:
    """For templates: what of a source text the glossary tells."""
    return terms.in_text(text)
