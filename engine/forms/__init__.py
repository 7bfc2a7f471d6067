"""Forms: one JSON file drives page, phone, print, API and validation. Pure: no store, no web, no code of a designer is ever executed.

The format is described in `diagrams/how-to/forms.md`.
"""

from engine.forms.display import FormTexts, form_messages, text_of
from engine.forms.html import edit_rows, parse_html
from engine.forms.indexing import Indexed, indexed, lines
from engine.forms.loading import FormDefinitionError, load_form
from engine.forms.model import Field, FieldKind, FileFacts, Form, Referenced
from engine.forms.prefill import initial
from engine.forms.validation import take_over, validate
from engine.forms.view import FieldView, FormView, edit_view, readonly_view, shown_above

__all__ = [
    "Field",
    "FieldKind",
    "FieldView",
    "FileFacts",
    "Form",
    "FormDefinitionError",
    "FormTexts",
    "FormView",
    "Indexed",
    "Referenced",
    "edit_rows",
    "edit_view",
    "form_messages",
    "indexed",
    "initial",
    "lines",
    "load_form",
    "parse_html",
    "readonly_view",
    "shown_above",
    "take_over",
    "text_of",
    "validate",
]
