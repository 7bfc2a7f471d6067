"""The administrator's pages of ways out of the house and of what could not be sent."""

from __future__ import annotations

import flask

from webui import session
from webui.delivery import channels, deliveries

blueprint = flask.Blueprint("delivery", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/messages-out", "overview", deliveries.overview)
blueprint.add_url_rule("/messages-out", "handle", deliveries.handle, methods=["POST"])
blueprint.add_url_rule("/messages-out/channels", "channels", channels.overview)
blueprint.add_url_rule("/messages-out/channels/new/<kind>", "new", channels.new)
blueprint.add_url_rule("/messages-out/channels/new/<kind>", "create", channels.create, methods=["POST"])
blueprint.add_url_rule("/messages-out/channels/<row_id:channel_id>", "channel", channels.show)
blueprint.add_url_rule("/messages-out/channels/<row_id:channel_id>", "change", channels.change, methods=["POST"])
blueprint.add_url_rule("/messages-out/channels/<row_id:channel_id>/try", "attempt", channels.attempt, methods=["POST"])
