"""The key that signs session cookies: from the settings, or made once and kept beside the store."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from engine.persistence.database import Database
from engine.settings import Settings


def secret_key(settings: Settings, database: Database) -> str:
    """The key. Several processes that start at once on one store agree on one."""
    if settings.secret_key:
        return settings.secret_key
    on_disk = database.is_sqlite and database.url.database not in (None, "", ":memory:")
    folder = Path(str(database.url.database)).parent if on_disk else settings.files.parent
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret_key"
    # written whole under another name, then linked: whoever comes second finds a complete file
    fresh = folder / f"secret_key.{secrets.token_hex(8)}"
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()
