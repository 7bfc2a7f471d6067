"""Every setting, with its default, its environment name and what it is for (source language). `guicheng settings` lists exactly these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from engine.errors import UsageError


class SettingInvalidError(UsageError):
    """An environment variable's value can't be read."""

    code = "setting_invalid"
    sentence = "環境變數 {name} 的值「{value}」不正確。"


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once at start; each field is also `GUICHENG_` + its name in capitals in the environment."""

    db: Annotated[str, "資料庫：SQLAlchemy 位址，sqlite 或 postgresql"] = "sqlite:///var/guicheng.db"
    files: Annotated[Path, "附件和簽名的資料夾，依內容存放"] = Path("var/files")
    s3_bucket: Annotated[str, "存放附件內容的 S3 儲存桶；留空則放在資料夾"] = ""
    s3_endpoint: Annotated[str, "S3 相容服務的網址（如 https://minio.example）；留空則為 AWS"] = ""
    s3_region: Annotated[str, "S3 的區域"] = "us-east-1"
    s3_access_key: Annotated[str, "S3 的存取金鑰"] = ""
    s3_secret_key: Annotated[str, "S3 的私密金鑰"] = ""
    s3_prefix: Annotated[str, "儲存桶內的前綴，一個儲存桶給幾套系統用時設定"] = ""
    bpmn: Annotated[Path, "流程和 organisation.toml 的資料夾"] = Path(__file__).parent.parent / "bpmn"
    host: Annotated[str, "監聽的位址"] = "127.0.0.1"
    port: Annotated[int, "監聽的連接埠"] = 8000
    secret_key: Annotated[str, "簽署登入 Cookie 的密鑰；留空則保存在資料庫旁"] = ""
    cookie_secure: Annotated[bool, "只經 HTTPS 傳送 Cookie；位於 TLS 代理之後時設定"] = False
    web_threads: Annotated[int, "內建伺服器處理請求的執行緒數"] = 8
    session_hours: Annotated[int, "閒置多少小時後登出"] = 12
    sign_in_attempts: Annotated[int, "同一人在同一位址登入失敗多少次後，暫時不能再試"] = 5
    sign_in_minutes: Annotated[int, "登入失敗太多次後，要等多少分鐘"] = 15
    upload_bytes: Annotated[int, "單一附件的大小上限"] = 20 * 2**20
    case_attachments: Annotated[int, "單一案件的最多附件數（表單中的檔案另計）"] = 100
    form_bytes: Annotated[int, "表單（不含附件）的最大位元組數"] = 256 * 2**10
    deploy_bytes: Annotated[int, "一次部署全部檔案的最大位元組數"] = 5 * 2**20
    diagram_nodes: Annotated[int, "單一檔案的最多節點數"] = 2_000
    diagram_depth: Annotated[int, "流程圖 XML 的最大巢狀深度"] = 60
    id_length: Annotated[int, "元素代碼的最大長度"] = 100
    parse_seconds: Annotated[float, "在獨立程序中讀取一次部署的時限（秒）"] = 20.0
    step_engine_steps: Annotated[int, "一步之內最多可連續通過的元素數"] = 5_000
    step_tokens: Annotated[int, "單一流程實例的最多標記數"] = 2_500
    step_data_bytes: Annotated[int, "單一流程實例資料的最大位元組數（JSON）"] = 1 * 2**20
    step_seconds: Annotated[float, "一步的時限（秒）"] = 10.0
    sandbox_seconds: Annotated[float, "單一運算式或腳本的時限（秒）"] = 0.5
    sandbox_memory: Annotated[int, "單一運算式或腳本的記憶體上限（位元組）"] = 64 * 2**20
    sandbox_depth: Annotated[int, "運算式或腳本的最大遞迴深度"] = 100
    sandbox_workers: Annotated[int, "執行運算式的程序數"] = 2
    live_cache: Annotated[int, "留在記憶體中的流程實例數；0 為不保留"] = 64
    public_address: Annotated[str, "對外網址（如 https://guicheng.example），用於一次性連結和二維碼；留空則用請求的網址"] = ""
    outside_link_hours: Annotated[int, "租戶、業主、承建商的一次性連結多少小時後失效"] = 72
    outside_link_always: Annotated[bool, "由租戶、業主填寫的步驟一到達就自動傳送連結，不只流程圖指定的步驟"] = False
    open_pages: Annotated[int, "單一程序即時推送通知的最多頁面數；其餘頁面每 20 秒查詢一次"] = 1_000
    smtp: Annotated[str, "寄信的伺服器，smtp(s)://user:password@host:port/?from=address；管理頁設定的優先"] = ""
    notification_days: Annotated[int, "通知和傳送記錄保留的天數"] = 90
    delivery_attempts: Annotated[int, "一則訊息最多嘗試傳送的次數，之後列入無法傳送"] = 8
    delivery_threads: Annotated[int, "同時傳送的訊息數"] = 2
    metrics_token: Annotated[str, "Prometheus 讀取 /metrics 時須附的權杖（Authorization: Bearer …）；留空則不提供"] = ""
    oidc_issuer: Annotated[str, "單一登入（OpenID Connect）提供者的網址；留空則不提供單一登入"] = ""
    oidc_client_id: Annotated[str, "在單一登入提供者登記的用戶端代碼"] = ""
    oidc_client_secret: Annotated[str, "在單一登入提供者登記的用戶端密鑰"] = ""
    oidc_name: Annotated[str, "登入頁按鈕上單一登入的名稱"] = "單一登入"
    oidc_scopes: Annotated[str, "向單一登入提供者要求的範圍，以空格分隔"] = "openid profile email"
    oidc_create: Annotated[bool, "單一登入時為還沒有帳號的人建立帳號"] = False
    oidc_role_claim: Annotated[str, "單一登入提供者以哪一項資料說明群組；留空則角色只在本系統管理"] = ""
    oidc_roles: Annotated[str, "群組對應的角色，如 kefu=customer_service,manager=manager"] = ""
    backup_days: Annotated[int, "多少天沒有備份就提醒管理員"] = 7
    worker_threads: Annotated[int, "單一作業程序同時執行的作業數"] = 4


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """From defaults, then the environment, then what the command line gives (None means: not given)."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for entry in fields(Settings):
        raw = environment.get(environment_name(entry.name))
        if raw is not None:
            values[entry.name] = _parse(entry.name, raw, type(entry.default))
    values.update({name: value for name, value in overrides.items() if value is not None})
    return Settings(**values)


def purposes() -> dict[str, str]:
    """What each setting is for, in the source language."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(Settings, include_extras=True).items()}


def environment_name(name: str) -> str:
    """`db` → `GUICHENG_DB`."""
    return "GUICHENG_" + name.upper()


def _parse(name: str, raw: str, kind: type[Any]) -> Any:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[raw.lower()]
        return Path(raw) if issubclass(kind, Path) else kind(raw)
    except (ValueError, KeyError) as error:
        raise SettingInvalidError(name=environment_name(name), value=raw) from error
