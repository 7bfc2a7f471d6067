"""What a person is told: the bell, its list, and the stream that says when there is more."""

from __future__ import annotations

import flask

from webui import session
from webui.notifications import views, wishes

blueprint = flask.Blueprint("notifications", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/notifications", "overview", views.overview)
blueprint.add_url_rule("/notifications/news", "news", views.news)
blueprint.add_url_rule("/notifications/stream", "stream", views.stream)
blueprint.add_url_rule("/notifications/<row_id:notification_id>", "follow", views.follow)
blueprint.add_url_rule("/notifications/read", "read", views.read, methods=["POST"])
blueprint.add_url_rule("/notifications/read-all", "read_all", views.read_all, methods=["POST"])
blueprint.add_url_rule("/account/notifications", "wishes", wishes.show)
blueprint.add_url_rule("/account/notifications", "save_wishes", wishes.save, methods=["POST"])
