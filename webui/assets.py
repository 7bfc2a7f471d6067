"""Static files: hashed names from the build's manifest, compressed ahead, cached for ever."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path

import flask

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"
#: encoding → suffix of the file that the build made
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The bundles of one build, read once at start."""

    def __init__(self, dist: Path = DIST) -> None:
        manifest = dist / "manifest.json"
        self._names: dict[str, str] = json.loads(manifest.read_text()) if manifest.is_file() else {}
        # kept in memory (some hundred kilobytes), so that a new build under a running server breaks no page
        self._files = {path.name: path.read_bytes() for path in dist.iterdir()} if self._names else {}

    @property
    def is_built(self) -> bool:
        """Whether the front end was built; pages work without it, plainly."""
        return bool(self._names)

    def url(self, name: str) -> str:
        """Address of a bundle by its logical name, e.g. `app.css`."""
        # put together by hand: a page has dozens of icons
        return f"{flask.request.script_root}/static/dist/{self._names.get(name, name)}"

    def text(self, name: str) -> str:
        """A bundle's own text, for a page that stands by itself; empty where the front end was not built."""
        return self._files.get(self._names.get(name, ""), b"").decode()

    def serve(self, name: str) -> flask.Response:
        """A bundle in the best encoding that the browser takes."""
        if name not in self._files:
            flask.abort(404)
        accepted = flask.request.accept_encodings
        response = None
        for encoding, suffix in _ENCODINGS:
            if name + suffix in self._files and accepted[encoding] > 0:
                response = flask.Response(self._files[name + suffix])
                response.headers["Content-Encoding"] = encoding
                break
        if response is None:
            response = flask.Response(self._files[name])
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        response.headers["Cache-Control"] = _FOR_EVER
        response.headers["Vary"] = "Accept-Encoding"
        return response


def register(app: flask.Flask) -> Assets:
    """Serve the bundles below `/static/dist/`, before Flask's own plain files."""
    assets = Assets()
    app.extensions["guicheng.assets"] = assets
    app.add_url_rule("/static/dist/<name>", "static_dist", assets.serve)
    app.jinja_env.globals["asset"] = assets.url
    return assets
