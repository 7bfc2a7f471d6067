"""Files of other tools for other programs: see what would be made of them, or begin a draft with it."""

from __future__ import annotations

from typing import Any

from engine.designing import bringing
from engine.designing.bringing import Wishes
from engine.foreign import Note
from engine.permissions import require
from webui.api import foreign_schemas as schemas
from webui.api.calls import Call, Calls
from webui.api.designing import draft_view
from webui.api.parsing import files_upload
from webui.api.problems import finding_view
from webui.api.process_definitions import uploaded

calls = Calls("foreign", "Files of Camunda 7, Flowable, Signavio and Spiff-Arena", scope="design")

_UPLOAD = files_upload("diagrams with their forms and decision tables; told apart by content")


@calls.command("/drafts/bring-in", query=schemas.BringInQuery, gives=schemas.BroughtIn, status=201, document=_UPLOAD, limit="deploy_bytes")
def bring_in_draft(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Make a draft of files that another tool wrote. Scripts, listeners and calls in them are taken out and told, never run."""
    require(call.actor, "procedure:design")
    files, wishes = uploaded(), Wishes(query["procedure"], None, query["keep_drawing"])
    if query["dry_run"]:
        draft, seen = None, bringing.look(call.runtime, call.uow, call.actor, files, wishes)
    else:
        draft, seen = bringing.begin(call.runtime, call.uow, call.actor, files, wishes, call.locale)
    made = seen.brought
    return {
        "procedure": seen.procedure, "tools": list(dict.fromkeys(made.tools.values())), "roles": made.roles,
        "draft": draft_view(draft) if draft is not None else None,
        "files": [{"path": path, "text": body.decode("utf-8", "replace")} for path, body in made.files.items()],
        "notes": [_note(note, call.locale) for note in made.notes],
        "findings": [finding_view(finding, call.locale) for finding in seen.findings],
    }


def _note(note: Note, locale: str) -> dict[str, Any]:
    return {**finding_view(note.finding, locale), "outcome": str(note.outcome), "original": note.original}
