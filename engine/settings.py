"""Every setting, with its default, its environment name and what it is for. `guicheng settings` lists exactly these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from engine.errors import UsageError


def _setting(default: Any, purpose: str) -> Any:
    return field(default=default, metadata={"purpose": purpose})


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once at start; each field is also `GUICHENG_` + its name in capitals in the environment."""

    db: str = _setting("sqlite:///var/guicheng.db", "store: a SQLAlchemy URL, sqlite or postgresql")
    files: Path = _setting(Path("var/files"), "folder of attachments and signatures, by content")
    bpmn: Path = _setting(Path(__file__).parent.parent / "bpmn", "folder of procedures and organisation.toml")
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on")
    secret_key: str = _setting("", "signs session cookies; empty: kept in the store's folder")
    cookie_secure: bool = _setting(False, "send cookies over HTTPS only; set behind a TLS proxy")
    web_threads: int = _setting(8, "request threads of the embedded server")
    session_hours: int = _setting(12, "hours after which an idle sign-in ends")
    upload_bytes: int = _setting(20 * 2**20, "largest attachment")
    form_bytes: int = _setting(256 * 2**10, "largest form without its attachments")
    deploy_bytes: int = _setting(5 * 2**20, "largest deployment, all files")
    diagram_nodes: int = _setting(2_000, "most flow nodes in one file")
    diagram_depth: int = _setting(60, "deepest nesting of XML in a diagram")
    id_length: int = _setting(100, "longest element id")
    parse_seconds: float = _setting(20.0, "time for reading one deployment in its own process")
    step_engine_steps: int = _setting(5_000, "most elements that one step may pass without waiting")
    step_tokens: int = _setting(2_500, "most tokens that an instance may have")
    step_data_bytes: int = _setting(1 * 2**20, "most data that an instance may hold, as JSON")
    step_seconds: float = _setting(10.0, "time for one step")
    sandbox_seconds: float = _setting(0.5, "time for one expression or script")
    sandbox_memory: int = _setting(64 * 2**20, "memory for one expression or script")
    sandbox_depth: int = _setting(100, "deepest recursion in an expression or script")
    sandbox_workers: int = _setting(2, "worker processes for expressions")
    live_cache: int = _setting(64, "live instances kept in memory; 0 for none")
    worker_threads: int = _setting(4, "jobs at once in one worker")

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """From defaults, then the environment, then what the command line gives (None means: not given)."""
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for entry in fields(cls):
            raw = environment.get(environment_name(entry.name))
            if raw is not None:
                values[entry.name] = _parse(entry.name, raw, type(entry.default))
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)


def environment_name(name: str) -> str:
    """`db` → `GUICHENG_DB`."""
    return "GUICHENG_" + name.upper()


def _parse(name: str, raw: str, kind: type) -> Any:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[raw.lower()]
        return Path(raw) if issubclass(kind, Path) else kind(raw)
    except (ValueError, KeyError) as error:
        raise UsageError(reason=f"環境變數 {environment_name(name)} 的值「{raw}」不正確。") from error
