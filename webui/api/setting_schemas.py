"""The shapes of settings."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.live_settings import LIVE
from webui.api.fields import Instant


class SettingView(Schema):
    """One setting."""

    name = fields.String(required=True)
    environment = fields.String(required=True, metadata={"description": "its name in the environment"})
    value = fields.Raw(required=True, metadata={"description": "number, text, or yes and no; of a secret whether there is one"})
    source = fields.String(required=True, validate=validate.OneOf(["environment", "stored", "default"]))
    is_changeable = fields.Boolean(required=True)


class SettingList(Schema):
    """All of them."""

    items = fields.List(fields.Nested(SettingView), required=True)
    stamp = fields.Integer(required=True, metadata={"description": "names what was looked at, for a change"})
    last_backup_at = Instant(required=True, allow_none=True)


class ChangeSettings(Schema):
    """Values by name, made from what was looked at."""

    values = fields.Dict(keys=fields.String(validate=validate.OneOf(list(LIVE))), values=fields.Raw(), required=True)
    stamp = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31 - 1))
