"""The shapes of a form while it is edited."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.designing.form_editing import MOST_WORDS
from engine.forms.loading import MAX_BYTES
from webui.api.fields import Text


class FormText(Schema):
    """The text of a form that nobody may have saved."""

    text = Text(required=True, length=MAX_BYTES, metadata={"description": "JSON Schema with hints, as its file has it"})


class FormProblem(Schema):
    """Why it is no form."""

    path = fields.String(required=True, metadata={"description": "place in the file, e.g. `properties.phone.pattern`"})
    message = fields.String(required=True)


class FormWord(Schema):
    """A text of the form in the other languages."""

    source = fields.String(required=True)
    english = fields.String(required=True, metadata={"description": "empty where nobody has written it"})
    simplified = fields.String(required=True)
    is_common = fields.Boolean(required=True, metadata={"description": "its English comes with the program"})


class FieldUsage(Schema):
    """A place where a field is used."""

    kind = fields.String(required=True, metadata={
        "description": "step, title, signature, limit, decision, record, register, board, form, scenario"})
    file = fields.String(required=True)
    element_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    text = fields.String(required=True)
    procedure = fields.String(required=True, metadata={"description": "empty for the draft's own"})


class FormStateView(Schema):
    """What there is to say of a form's text."""

    problem = fields.Nested(FormProblem, required=True, allow_none=True)
    words = fields.List(fields.Nested(FormWord), required=True)
    usages = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(FieldUsage)), required=True)


class PutWord(Schema):
    """English of a source text; empty takes it out."""

    source = Text(required=True, length=2_000, shortest=1)
    english = Text(required=True, length=2_000)


class PutWords(Schema):
    """English of several source texts."""

    words = fields.List(fields.Nested(PutWord), required=True, validate=validate.Length(max=MOST_WORDS))


class WordsSaved(Schema):
    """The draft's revision with them."""

    revision = fields.Integer(required=True)


class RegisterHead(Schema):
    """What a register says above its columns."""

    title = Text(length=200, load_default="")
    note = Text(length=500, load_default="")
    clause = Text(length=300, load_default="")
    rows = Text(length=130, load_default="")
    period = Text(length=130, load_default="")
    unit = Text(length=130, load_default="")
    roles = fields.List(Text(length=60), load_default=list, validate=validate.Length(max=40))
    summary = fields.List(Text(length=60), load_default=list, validate=validate.Length(max=40))


class RegisterColumnFields(Schema):
    """One column."""

    place = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 200), metadata={
        "description": "where it stood in the text; null for a new one"})
    id = Text(required=True, length=60)
    value = Text(required=True, length=190)
    title = Text(length=200, load_default="")
    share = Text(length=200, load_default="")
    filter = fields.Boolean(load_default=False)
    total = fields.Boolean(load_default=False)
    hidden = fields.Boolean(load_default=False)


class RegisterChange(Schema):
    """A register's text, and what is to be changed in it."""

    text = Text(required=True, length=MAX_BYTES)
    head = fields.Nested(RegisterHead, load_default=None, allow_none=True)
    columns = fields.List(fields.Nested(RegisterColumnFields), load_default=None, allow_none=True, validate=validate.Length(max=100))


class RegisterTextView(Schema):
    """The text with the changes, taken apart."""

    text = fields.String(required=True)
    head = fields.Dict(keys=fields.String(), required=True)
    columns = fields.List(fields.Dict(keys=fields.String()), required=True)
    problems = fields.List(fields.String(), required=True)
