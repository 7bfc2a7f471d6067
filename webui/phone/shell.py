"""The manifest, the icons and the service worker: the same for everybody, needed before anybody has signed in."""

from __future__ import annotations

import io
from functools import cache

import flask
from flask.typing import ResponseReturnValue
from PIL import Image, ImageDraw

from webui.assets import Assets
from webui.language import current_locale, gettext

#: name → (pixels, share of the side that is left free around the sign)
ICONS = {"192": (192, 0.0), "512": (512, 0.0), "maskable-512": (512, 0.12), "touch-180": (180, 0.06)}
_COLOUR = "#0c6b66"


def manifest() -> ResponseReturnValue:
    """What the application is called and looks like."""
    icons = [
        {"src": flask.url_for("phone_shell.icon", name=name), "sizes": f"{pixels}x{pixels}", "type": "image/png",
         "purpose": "maskable" if name.startswith("maskable") else "any"}
        for name, (pixels, _) in ICONS.items() if not name.startswith("touch")
    ]
    icons.append({"src": flask.url_for("static", filename="favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    start = flask.url_for("inbox.todo")
    response = flask.jsonify(
        id=start, name=gettext("規程"), short_name=gettext("規程"), description=gettext("物業服務中心工作台"), lang=current_locale(),
        start_url=start, scope=start, display="standalone", background_color="#f6f7f8", theme_color="#ffffff", icons=icons,
        shortcuts=[
            {"name": gettext("待辦"), "url": start}, {"name": gettext("發起"), "url": flask.url_for("start.overview")},
            {"name": gettext("待送出"), "url": flask.url_for("phone.queue")},
        ],
    )
    response.mimetype = "application/manifest+json"
    return response


def worker() -> ResponseReturnValue:
    """The service worker, for the whole application; its text changes with every build, which is how a browser sees a new one."""
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    script = assets.text("worker.js")
    if not script:
        flask.abort(404)
    wanted = [assets.url(name) for name in ("app.css", "app.js", "icons.svg", "signature.js")]
    wanted.append(flask.url_for("static", filename="favicon.svg"))
    shell = {"assets": wanted, "root": flask.url_for("inbox.todo"), "queue": flask.url_for("phone.queue")}
    response = flask.Response(f"self.shell = {flask.json.dumps(shell)};\n{script}", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    # asked for at every visit, changed by a build only
    response.add_etag(weak=True)
    return response.make_conditional(flask.request)


def icon(name: str) -> ResponseReturnValue:
    """The sign as a PNG."""
    if name not in ICONS:
        flask.abort(404)
    response = flask.Response(_drawn(name), mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=604800"
    return response


@cache
def _drawn(name: str) -> bytes:
    """As favicon.svg draws it, on a grid of 32: a task, the way from it, a question, and the way back."""
    pixels, free = ICONS[name]
    scale = pixels * 4 / 32
    image = Image.new("RGBA", (pixels * 4, pixels * 4), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    # what fills the square is cut by the phone in its own shape; the others have round corners
    draw.rounded_rectangle((0, 0, pixels * 4 - 1, pixels * 4 - 1), 0 if free else 7 * scale, fill=_COLOUR)

    def at(x: float, y: float) -> tuple[float, float]:
        return tuple((16 + (each - 16) * (1 - 2 * free)) * scale for each in (x, y))  # type: ignore[return-value]

    width = round(2.2 * scale * (1 - 2 * free))

    def line(*points: tuple[float, float]) -> None:
        placed = [at(*point) for point in points]
        draw.line(placed, fill="white", width=width, joint="curve")
        for x, y in placed:
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill="white")

    draw.rounded_rectangle((*at(4.9, 4.9), *at(16.1, 14.1)), 2.6 * scale, outline="white", width=width)
    line((15, 9.5), (21, 9.5), (22.5, 11), (22.5, 18))
    line((22.5, 18.2), (26.8, 22.5), (22.5, 26.8), (18.2, 22.5), (22.5, 18.2))
    line((18, 22.5), (9.5, 22.5))
    line((12, 19.5), (9, 22.5), (12, 25.5))
    out = io.BytesIO()
    image.resize((pixels, pixels), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
