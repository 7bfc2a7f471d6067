"""Every setting, with its default, its environment name and what it is for (source language). `guicheng settings` lists exactly these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from engine.errors import UsageError


class SettingInvalidError(UsageError):
    """An environment variable's value can't be read."""

    code = "setting_invalid"
    sentence = "環境變數 {name} 的值「{value}」不正確。"


def _setting(default: Any, purpose: str) -> Any:
    return field(default=default, metadata={"purpose": purpose})


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once at start; each field is also `GUICHENG_` + its name in capitals in the environment."""

    db: str = _setting("sqlite:///var/guicheng.db", "資料庫：SQLAlchemy 位址，sqlite 或 postgresql")
    files: Path = _setting(Path("var/files"), "附件和簽名的資料夾，依內容存放")
    bpmn: Path = _setting(Path(__file__).parent.parent / "bpmn", "流程和 organisation.toml 的資料夾")
    host: str = _setting("127.0.0.1", "監聽的位址")
    port: int = _setting(8000, "監聽的連接埠")
    secret_key: str = _setting("", "簽署登入 Cookie 的密鑰；留空則保存在資料庫旁")
    cookie_secure: bool = _setting(False, "只經 HTTPS 傳送 Cookie；位於 TLS 代理之後時設定")
    web_threads: int = _setting(8, "內建伺服器處理請求的執行緒數")
    session_hours: int = _setting(12, "閒置多少小時後登出")
    upload_bytes: int = _setting(20 * 2**20, "單一附件的最大位元組數")
    form_bytes: int = _setting(256 * 2**10, "表單（不含附件）的最大位元組數")
    deploy_bytes: int = _setting(5 * 2**20, "一次部署全部檔案的最大位元組數")
    diagram_nodes: int = _setting(2_000, "單一檔案的最多節點數")
    diagram_depth: int = _setting(60, "流程圖 XML 的最大巢狀深度")
    id_length: int = _setting(100, "元素代碼的最大長度")
    parse_seconds: float = _setting(20.0, "在獨立程序中讀取一次部署的時限（秒）")
    step_engine_steps: int = _setting(5_000, "一步之內最多可連續通過的元素數")
    step_tokens: int = _setting(2_500, "單一流程實例的最多標記數")
    step_data_bytes: int = _setting(1 * 2**20, "單一流程實例資料的最大位元組數（JSON）")
    step_seconds: float = _setting(10.0, "一步的時限（秒）")
    sandbox_seconds: float = _setting(0.5, "單一運算式或腳本的時限（秒）")
    sandbox_memory: int = _setting(64 * 2**20, "單一運算式或腳本的記憶體上限（位元組）")
    sandbox_depth: int = _setting(100, "運算式或腳本的最大遞迴深度")
    sandbox_workers: int = _setting(2, "執行運算式的程序數")
    live_cache: int = _setting(64, "留在記憶體中的流程實例數；0 為不保留")
    worker_threads: int = _setting(4, "單一作業程序同時執行的作業數")

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
        raise SettingInvalidError(name=environment_name(name), value=raw) from error
