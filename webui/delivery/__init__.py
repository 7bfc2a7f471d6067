"""The administrator's pages of ways out of the house, of what messages say and of what could not be sent."""

from __future__ import annotations

import flask

from webui import session
from webui.delivery import channels, deliveries, wording

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
blueprint.add_url_rule("/messages-out/templates", "templates", wording.overview)
blueprint.add_url_rule("/messages-out/templates/<key>", "template", wording.show)
blueprint.add_url_rule("/messages-out/templates/<key>", "change_template", wording.change, methods=["POST"])
blueprint.add_url_rule("/messages-out/templates/<key>/preview", "preview", wording.preview, methods=["POST"])
blueprint.add_url_rule("/messages-out/templates/<key>/reset", "reset_form", wording.reset_form)
blueprint.add_url_rule("/messages-out/templates/<key>/reset", "reset", wording.reset, methods=["POST"])
