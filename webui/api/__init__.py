"""The REST API at `/api/v1`: the same services as the pages, for programs. `register` puts it into the application."""

from __future__ import annotations

from webui.api.registration import register

__all__ = ["register"]
