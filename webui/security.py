"""What every answer says about itself: a policy without inline code, no framing, no guessing of types."""

from __future__ import annotations

import flask
from flask_wtf import CSRFProtect

#: `data:` pictures are the arrows in selects; `blob:` the preview of a photo just taken
POLICY = "; ".join([
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'", "connect-src 'self'",
    "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
])

csrf = CSRFProtect()


def register(app: flask.Flask) -> None:
    """Check the token of every write and set the headers of every answer."""
    csrf.init_app(app)
    app.after_request(_set_headers)


def _set_headers(response: flask.Response) -> flask.Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if flask.request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # pages show people's data: nobody's proxy and no shared computer's cache keeps them
    headers.setdefault("Cache-Control", "no-store" if response.mimetype == "text/html" else "no-cache")
    return response
