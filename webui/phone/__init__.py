"""What makes the pages an application of the phone: manifest, icons, the service worker, the queue of what waits to be sent."""

from __future__ import annotations

import flask

from webui import session
from webui.phone import shell, views

#: what a browser asks for before anybody has signed in
blueprint = flask.Blueprint("phone_shell", __name__)
blueprint.add_url_rule("/manifest.webmanifest", "manifest", shell.manifest)
blueprint.add_url_rule("/sw.js", "worker", shell.worker)
blueprint.add_url_rule("/icons/<name>.png", "icon", shell.icon)

signed_in = flask.Blueprint("phone", __name__)
session.protect(signed_in)
signed_in.add_url_rule("/phone", "queue", views.queue)
signed_in.add_url_rule("/phone/session", "who", views.who)
signed_in.add_url_rule("/phone/keep", "keep", views.keep, methods=["POST"])
