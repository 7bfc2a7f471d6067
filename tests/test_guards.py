"""The suite's own guards hold: no network, no sleeping."""

from __future__ import annotations

import socket
import time

import pytest


def test_no_test_reaches_the_network() -> None:
    """Neither by address nor by name; loopback is open."""
    with socket.socket() as stranger, pytest.raises(AssertionError, match="tried to connect"):
        stranger.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match="tried to look up"):
        socket.getaddrinfo("guicheng.example", 80)
    assert socket.getaddrinfo("localhost", 80)


def test_no_test_sleeps() -> None:
    """The clock is moved instead."""
    with pytest.raises(AssertionError, match="sleeps"):
        time.sleep(0.001)
