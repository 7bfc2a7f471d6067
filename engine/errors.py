"""Every error that a user or a diagram can cause, as one tree.

An error carries its data as attributes and a sentence in the source language (zh-Hant) whose named fields are filled from
that data; `engine.i18n.describe` gives it in the reader's language. Errors outside this tree are our own bugs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class GuichengError(Exception):
    """The root: something that the caller, not the program, has to mend."""

    #: stable, machine-readable; the REST API's `code`
    code: ClassVar[str] = "error"
    #: source sentence (zh-Hant), a format string over the error's data
    sentence: ClassVar[str] = "操作未能完成。"

    def __init__(self, **data: Any) -> None:
        self.data: dict[str, Any] = data
        super().__init__(self.source_text())

    def source_text(self) -> str:
        """The sentence in the source language with its data filled in."""
        return self.sentence.format_map(_Missing(self.data))

    @property
    def element_id(self) -> str | None:
        """The diagram element concerned, where one is."""
        value = self.data.get("element_id")
        return value if isinstance(value, str) else None


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"


# What was asked for does not exist, or not for this person.
class NotFoundError(GuichengError):
    """Nothing by that id, or nothing that this person may see."""

    code = "not_found"
    sentence = "找不到{kind}「{id}」。它可能已被移除，或您無權查看。"


class ForbiddenError(GuichengError):
    """The person lacks the permission or the role."""

    code = "forbidden"
    sentence = "您沒有「{permission}」的權限。請聯絡管理員。"


class NotACandidateError(ForbiddenError):
    """The work item lies in the lists of another role or site."""

    code = "not_a_candidate"
    sentence = "「{work_item}」不屬於您在此園區的角色，請由承辦的同事辦理。"


class MayNotStartError(ForbiddenError):
    """The process is started by other roles."""

    code = "may_not_start"
    sentence = "「{process}」須由其他角色發起。"


class GoneError(GuichengError):
    """It was there, and what is left of it is only that it was."""

    code = "gone"
    sentence = "內容已經刪除。"


# The thing is there, but in another state than the caller believed.
class ConflictError(GuichengError):
    """The state has moved on since the caller last looked."""

    code = "conflict"
    sentence = "資料已被他人更新，請重新整理後再試。"


class StaleInstanceError(ConflictError):
    """Expected the instance at one version, found another, several times in a row."""

    code = "stale_instance"
    sentence = "流程實例 {instance_id} 剛被他人更新，請重新整理後再試。"


class WorkItemAlreadyClaimedError(ConflictError):
    """Expected an unassigned work item, but somebody has it."""

    code = "work_item_already_claimed"
    sentence = "此項工作已由{assignee}簽收。"


class WorkItemNotOpenError(ConflictError):
    """Expected an open work item, but it was completed or withdrawn."""

    code = "work_item_not_open"
    sentence = "此項工作已由{completed_by}於 {completed_at} 辦結，無需重複提交。"


class WorkItemNotYoursError(ConflictError):
    """Expected to act on an own work item, but another person has it."""

    code = "work_item_not_yours"
    sentence = "此項工作由{assignee}承辦，您不能代為提交。"


class WorkItemNotDelegatedError(ConflictError):
    """Expected a delegated work item to resolve."""

    code = "work_item_not_delegated"
    sentence = "此項工作並未委派，無需交回。"


class ReturnNotPossibleError(ConflictError):
    """Expected an earlier element of the same instance to return to."""

    code = "return_not_possible"
    sentence = "不能退回到「{element}」：{reason}"


class InstanceNotActiveError(ConflictError):
    """Expected an active instance, but it is suspended, ended or waits for a manager."""

    code = "instance_not_active"
    sentence = "流程實例 {instance_id} 目前為「{state}」，不能執行此操作。"


class IdempotencyKeyReusedError(ConflictError):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_key_reused"
    sentence = "此 Idempotency-Key 已用於另一個請求。請為每個請求使用新的值。"


# What was sent cannot be accepted.
class InvalidError(GuichengError):
    """What was sent is not acceptable as it is."""

    code = "invalid"
    sentence = "{reason}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of a form that was not accepted."""

    #: path of the field inside its form, e.g. `materials.0.quantity`
    field: str
    #: stable rule name, e.g. `required`, `maximum`, `unknown_field`
    code: str
    #: source sentence (zh-Hant), a format string over `data`; `data["label"]` is the field's source label
    sentence: str
    data: Mapping[str, Any]


class FormInvalidError(InvalidError):
    """A submitted form has fields that were not accepted; nothing was changed."""

    code = "form_invalid"
    sentence = "表單有 {count} 處需要修改。"

    def __init__(self, errors: Sequence[FieldError], **data: Any) -> None:
        self.errors = tuple(errors)
        super().__init__(count=len(self.errors), **data)


class GateClosedError(ConflictError):
    """A condition that the diagram requires at this element does not hold now."""

    code = "gate_closed"
    sentence = "尚不能完成「{element}」：{reason}"


class DataNotStorableError(InvalidError):
    """Data that cannot be kept as JSON, or holds a key that the engine reserves."""

    code = "data_not_storable"
    sentence = "資料「{path}」無法保存：{reason}"


class UnstorableTypeError(DataNotStorableError):
    """A value of a kind that JSON does not know."""

    sentence = "資料「{path}」無法保存：「{kind}」不能存成 JSON。"


class TooLargeError(InvalidError):
    """More bytes, rows or nesting than the settings allow."""

    code = "too_large"
    sentence = "內容過大：{what}上限為 {limit}。"


# Diagrams.
@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the linter says of a file."""

    #: rule code, e.g. `flow-crosses-border`
    rule: str
    #: `error` refuses the deployment, `warning` does not
    severity: str
    #: element concerned; None where the whole file is
    element_id: str | None
    #: source sentence (zh-Hant), a format string over `data`
    sentence: str
    data: Mapping[str, Any]
    #: file name inside the deployment
    file: str = ""

    def source_text(self) -> str:
        """The sentence in the source language with its data filled in."""
        return self.sentence.format_map(_Missing(dict(self.data)))


class DeploymentRefusedError(InvalidError):
    """At least one finding is an error; nothing was stored."""

    code = "deployment_refused"
    sentence = "流程圖有 {count} 處錯誤，未能部署。"

    def __init__(self, findings: Sequence[Finding], **data: Any) -> None:
        self.findings = tuple(findings)
        super().__init__(count=sum(finding.severity == "error" for finding in self.findings), **data)


# Running a diagram went wrong: becomes an incident of the instance.
class StepFailedError(GuichengError):
    """A step of the diagram could not be run; the instance keeps its last state and gets an incident."""

    code = "step_failed"
    sentence = "流程步驟「{element_id}」執行失敗：{reason}"


class BudgetExceededError(StepFailedError):
    """A step needed more engine steps, tokens, data or time than the settings allow."""

    code = "budget_exceeded"
    sentence = "流程步驟超出限額（{budget}，上限 {limit}）。流程圖可能有不等待的迴圈。"


class ExpressionError(StepFailedError):
    """An expression or script of the diagram failed in the sandbox."""

    code = "expression_failed"
    sentence = "流程圖中的運算式「{expression}」執行失敗：{reason}"


class UnknownNameError(ExpressionError):
    """An expression reads data that is not there."""

    sentence = "流程圖中的運算式「{expression}」讀取「{name}」，但沒有這項資料。"


class ExpressionSyntaxError(ExpressionError):
    """A text that is no expression or script."""

    sentence = "流程圖中的運算式「{expression}」語法錯誤：{reason}"


class TimerTextError(ExpressionError):
    """A timer's expression gives no positive duration, no moment and no recurrence."""

    sentence = "計時器「{expression}」得出「{value}」，這不是正的 ISO 8601 時長或時間。"


class NobodyWaitsError(ConflictError):
    """A message that no instance waits for and that starts none."""

    code = "nobody_waits"
    sentence = "沒有流程在等待訊息「{name}」。"


class StoreUnavailableError(GuichengError):
    """The store is locked, full or out of reach; nothing was written, trying again may help."""

    code = "store_unavailable"
    sentence = "資料庫暫時無法寫入，請稍後再試。您填寫的內容沒有遺失。"


class StoreOutdatedError(GuichengError):
    """The store's schema isn't the one that this program needs."""

    code = "store_outdated"
    sentence = "資料庫結構的版本是 {found}，本程式需要 {needed}。請執行 guicheng db upgrade --db {url}"


class UsageError(GuichengError):
    """The command line was used in a way that cannot work; exit code 2."""

    code = "usage"
    sentence = "{reason}"
