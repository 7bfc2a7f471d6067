"""What kinds of personal data there are, from when their time counts, and for how long they are kept where nobody said otherwise. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

#: longest period that a rule can name, in days: thirty years, as long as accounts are kept
MOST_DAYS = 10_950


class Kind(StrEnum):
    """A kind of personal data."""

    #: papers of identity: the fields and files that forms mark
    IDENTITY = "identity"
    #: names, telephone numbers and addresses of people outside
    CONTACTS = "contacts"
    #: drawn images of signatures; who signed what and when stays
    SIGNATURES = "signatures"
    PHOTOS = "photos"
    #: all other files
    FILES = "files"
    #: what people wrote in their own words
    TEXTS = "texts"
    #: telephone calls on record
    CALLS = "calls"
    #: names of tenants who have moved out
    TENANTS = "tenants"
    #: who signed in, and tried to
    SIGN_INS = "sign_ins"
    #: rows of workbooks that were imported
    IMPORTS = "imports"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page says of a kind, and its defaults. Words in the source language."""

    name: str
    #: what goes, and what stays
    about: str
    #: from what the period counts
    counted_from: str
    days: int
    #: shortest period that the law allows
    least: int = 1
    #: procedures with another default
    apart: dict[str, int] = field(default_factory=dict)


_CASE = "案件結束"
#: default periods, in days; why is in the decision note
SUBJECTS: dict[Kind, Subject] = {
    Kind.IDENTITY: Subject(
        "身份資料", "身份證號、證件複印件等表單標明的欄位和檔案。", _CASE, 180, apart={"site_pass": 90, "renovation": 365}),
    Kind.CONTACTS: Subject(
        "聯絡資料", "業戶、施工人員等外部人士的姓名、電話、電郵；報告人和一次性連結的收件人。", _CASE, 730,
        apart={"site_pass": 180, "satisfaction_survey": 365, "survey_interview": 365}),
    Kind.SIGNATURES: Subject("簽名圖像", "手寫簽名的圖像；誰在何時簽了什麼仍保留。", _CASE, 1_095),
    Kind.PHOTOS: Subject("照片檔", "表單中的照片和縮圖。", _CASE, 1_095),
    Kind.FILES: Subject("其他附件", "表單和案件的其他附件。", _CASE, 1_825),
    Kind.TEXTS: Subject("文字說明", "多行說明、意見、留言和填寫的原因。", _CASE, 1_825),
    Kind.CALLS: Subject("通話記錄", "已記錄的電話：對方、號碼和內容。", _CASE, 365),
    Kind.TENANTS: Subject(
        "遷出業戶", "遷出後的業戶姓名（個人）、聯絡人和電話，包括案件中的名稱；收費單據依會計檔案規定保留。", "租約結束", 1_095),
    Kind.SIGN_INS: Subject("登入記錄", "登入和登入失敗的帳號、裝置和位址。", "登入當時", 365, least=183),
    Kind.IMPORTS: Subject("匯入檔內容", "已完成的匯入中每一列的內容；匯入的資料本身不受影響。", "匯入完成", 365),
}
#: kinds that lie in cases; the others are the company's
OF_CASES = (Kind.IDENTITY, Kind.CONTACTS, Kind.SIGNATURES, Kind.PHOTOS, Kind.FILES, Kind.TEXTS, Kind.CALLS)
#: kinds that can wait until whoever the case concerns has moved out: papers that a tenancy is built on
OF_TENANCIES = (Kind.IDENTITY, Kind.CONTACTS, Kind.SIGNATURES, Kind.FILES)
#: procedures whose papers are kept while the tenancy lasts, unless a rule says otherwise
TENANCY_PROCEDURES = frozenset({"move_in"})


def default_days(kind: Kind, procedure: str) -> int:
    """How long a kind is kept in a procedure's cases, where nobody said otherwise."""
    return SUBJECTS[kind].apart.get(procedure, SUBJECTS[kind].days)
