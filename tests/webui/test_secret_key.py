"""The key that signs cookies: given, or made once beside the store and the same for every process."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import pytest

from engine.persistence.database import Database
from engine.settings import Settings
from webui.secret_key import secret_key

pytestmark = pytest.mark.databases("sqlite")


def test_the_settings_go_first(database: Database, settings: Settings) -> None:
    assert secret_key(settings, database) == settings.secret_key


def test_it_is_made_once_and_only_its_owner_reads_it(database: Database, settings: Settings) -> None:
    unset = dataclasses.replace(settings, secret_key="")
    first = secret_key(unset, database)
    assert len(first) >= 60
    assert secret_key(unset, database) == first
    (kept,) = Path(str(database.url.database)).parent.glob("secret_key*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
