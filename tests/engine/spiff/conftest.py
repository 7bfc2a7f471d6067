"""What tests of the SpiffWorkflow wrapper share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.settings import Settings
from engine.spiff.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One pool of workers for all diagrams."""
    made = Sandbox(Settings(sandbox_workers=1))
    yield made
    made.close()
