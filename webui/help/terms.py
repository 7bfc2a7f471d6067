"""Words of the trade and of the program, told in our own words. All texts in the source language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One word."""

    #: part of an address
    id: str
    word: str
    meaning: str


TERMS = (
    Term("claim", "簽收", "把還沒有人承辦的事項拿到自己名下。簽收之後別人看得到是您在辦，但不能替您填。"),
    Term("unclaim", "放回", "不辦了，讓同角色的人再簽收。填過的草稿留在您這裡。"),
    Term("assign", "指派", "派單員或主管把事項交給指定的人，不論現在在誰手上。"),
    Term("delegate", "委派", "請另一位同事先處理或提供意見，答覆之後事項回到您手上，由您提交。"),
    Term("hand-over", "轉辦", "把輪到自己的會簽整個交給別人簽，之後不再回到您手上。"),
    Term("send-back", "退回", "前面的內容不對或不全，讓案件回到前面某一步重辦。要寫原因，原承辦人會收到通知。"),
    Term("countersign", "會簽", "同一件事請幾位一起簽意見：依次或同時簽，全部同意、過半同意或一人同意才算通過，由流程規定。"),
    Term("add-signer", "加簽", "會簽進行中再請一位加進來，排在自己之前或之後。"),
    Term("copy", "抄送", "讓同事知道這個案件，不需要他辦什麼。他在「抄送我」裡看得到。"),
    Term("nudge", "催辦", "提醒正在承辦的人。對方收到通知，歷程裡記一筆；短時間內不能反覆催。"),
    Term("escalate", "升級", "過了時限還沒辦，事項同時出現在上一級那裡；原承辦人仍要辦。"),
    Term("limit", "時限", "手冊規定從什麼時候到什麼時候要辦完。快到時提醒，過了記為逾期。"),
    Term("substitute", "代理", "休假期間由同事代辦。記錄上寫「某某代某某」。"),
    Term("case", "案件", "一件事從發起到歸檔的全部：每一步、每張單據、每個簽名。"),
    Term("case-number", "案號", "案件的編號，按種類和月份連續，不跳號。"),
    Term("void", "作廢", "單據或收據開錯時不塗改，寫明原因使它失效，編號保留。"),
    Term("suspend", "暫停案件", "先停下來，時限一起停；恢復後從原處接著辦。"),
    Term("revoke", "撤銷案件", "發起人自己收回還沒有人辦過的案件。"),
    Term("register", "台帳", "把同類案件按月列成一張表，隨時可以匯出。"),
    Term("follow-up", "回訪", "事情辦完後聯繫業戶，問是否滿意、有沒有留下問題。結果會計入滿意率。"),
    Term("repair-slip", "報修單", "接到報修時登記的單子：誰、哪裡、什麼問題；之後的到場、費用、簽名都在上面。"),
    Term("on-site", "到場", "維修人員到達現場的時刻，是二十分鐘到場時限的終點。"),
    Term("special-service", "特約服務", "手冊和合同以外、業戶另外付費請我們做的事，先報價，業戶同意後再做。"),
    Term("renovation", "二次裝修", "業戶入駐後自行裝修。要申請、審圖、交押金、辦出入證，完工驗收後退押金。"),
    Term("hot-work", "動火", "電焊、氣割等會產生明火或火花的施工。要單獨批准，旁邊有人看守，做完還要查一次。"),
    Term("site-pass", "出入證", "施工人員進出園區的證件，領取、歸還和遺失都要登記，月底核對。"),
    Term("deposit", "押金", "裝修前交的保證金，驗收合格後退還；有損壞或違章的從中扣除。"),
    Term("dunning", "催繳", "費用到期未交時的通知，一次比一次正式。"),
    Term("day-close", "日結", "每天結束時核對現金和系統的數字。結了的那天不能再改。"),
    Term("move-in", "入駐", "業戶驗房、交接文件和鑰匙、開始計費的整個過程。"),
    Term("move-out", "退租", "業戶搬離：結清費用、驗房、放行物品、退押金。"),
    Term("outside-link", "一次性連結", "發給業戶或施工單位的網址，不用帳號就能填一張表或簽一次名，用過即失效。"),
    Term("satisfaction", "滿意率", "回訪和徵詢中答「滿意」的比率，聯繫不上的另計。"),
)

BY_WORD = {term.word: term for term in TERMS}


def in_text(text: str) -> tuple[Term, ...]:
    """Terms that a text of the source language uses, the longest first where one holds another."""
    found: list[Term] = []
    for term in sorted(TERMS, key=lambda each: -len(each.word)):
        if term.word in text and not any(term.word in longer.word for longer in found):
            found.append(term)
    return tuple(found)
