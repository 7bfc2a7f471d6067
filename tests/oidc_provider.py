"""A small OpenID Connect provider on loopback: real HTTP, real keys, PKCE and nonce checked, and ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "guicheng-tests", "kept between the two"


@cache
def rsa_key(_name: str) -> RSAKey:
    """A key, made once a process: they are slow to make."""
    return RSAKey.generate_key(2048, parameters={"kid": "one"})


@dataclass
class Provider:
    """What it says of whoever comes; tests change it between requests."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    #: claims of the ID token that are wrong on purpose
    spoiled: dict[str, Any] = field(default_factory=dict)
    #: sign with a key that is not published
    is_forged: bool = False
    key: RSAKey = field(default_factory=lambda: rsa_key("one"))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, query: dict[str, str]) -> str:
        """Everybody who comes is signed in at once; where the browser goes next."""
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert {"state", "nonce", "code_challenge"} <= query.keys()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code, once; None for a caller who isn't who asked for it."""
        asked = self.codes.pop(form.get("code", ""), None)
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or digest != asked["code_challenge"] or authorization != f"Basic {known}":
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims, **self.spoiled}
        key = rsa_key("another") if self.is_forged else self.key
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
        return {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def provider() -> Iterator[Provider]:
    """One that serves until the block ends."""
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Metadata, keys, and signing in."""
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", state.authorize({name: values[0] for name, values in parse_qs(parts.query).items()}))
                self.end_headers()
                return
            self._json({
                "/.well-known/openid-configuration": {
                    "issuer": state.url, "authorization_endpoint": f"{state.url}/authorize", "token_endpoint": f"{state.url}/token",
                    "jwks_uri": f"{state.url}/keys", "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["code"], "subject_types_supported": ["public"]},
                "/keys": {"keys": [state.key.as_dict(private=False)]},
            }[parts.path])

        def do_POST(self) -> None:
            """A code for tokens."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = state.token({name: values[0] for name, values in parse_qs(body).items()}, self.headers.get("Authorization", ""))
            self._json(given or {"error": "invalid_grant"}, 200 if given else 400)

        def _json(self, value: Any, status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    # asked to stop, it looks at once
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
