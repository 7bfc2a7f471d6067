"""What each role does with the program, in the order of a day. All texts in the source language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guide:
    """One role's way through a day; the first lines are what a newcomer is told."""

    #: what a dismissed hint is kept by
    name: str
    title: str
    #: who does this; empty for everybody
    roles: frozenset[str]
    lines: tuple[str, ...]
    #: page at which a newcomer is told
    at: str = "inbox.todo"
    #: how many lines a newcomer is told at once
    first: int = 3


GUIDES = (
    Guide("desk", "服務台的一天", frozenset({"customer_service", "cs_supervisor"}), (
        "電話來了先按「發起」，或直接打開服務台頁面；輸入姓名、電話或房號的一部分就找得到業戶。",
        "登記後案件自動交給下一位；要對方知道的，打完電話按「電話通知」記下時間和結果。",
        "業戶在場填寫或簽名的步驟會出現在您的待辦；也可以發一次性連結，讓業戶在自己的手機上簽。",
        "回訪、歸檔也在待辦裡；到期前會變成黃色，逾期變成紅色。",
        "交班前看一眼「今天」的數字：還有多少沒辦、多少快到期。",
    )),
    Guide("dispatcher", "派單員的一天", frozenset({"dispatcher"}), (
        "「派單看板」一欄一種狀態，卡片上是每個時限還剩多久；快到期的排在最上面。",
        "把卡片拖到右邊的人身上就派好了；也可以按 j、k 選卡片，再按數字鍵派給第幾位。",
        "派錯了按 u 撤銷；卡片會回到原來的一欄。",
        "「哪裡逾期」按樓層標出逾期的地方，點一層就只看那一層。",
        "看板自己更新，不必重新整理。",
    )),
    Guide("board_keys", "看板的快捷鍵", frozenset({"dispatcher", "engineering_supervisor", "customer_service"}), (
        "j、k 上下選卡片，h、l 換欄，Enter 打開。",
        "a 選人派單，1–9 直接派給右欄第幾位，u 撤銷。",
        "按 ? 隨時再看這一頁的快捷鍵。",
    ), at="board.show"),
    Guide("worker", "維修人員的一天", frozenset({"repair_worker"}), (
        "派給您的報修在「待辦」最上面；打開後按「簽收並辦理」，就算接單。",
        "到了現場先填「到場」，時刻就定下來；照片用手機直接拍，系統會自動縮小。",
        "修好後請業戶在手機上簽名；沒有網路也照樣填和簽，恢復後自動送出。",
        "「待送出」顯示哪些還沒送到；被退回的照頁面上的說明改好再送，填過的都在。",
        "去地下室之前，先打開一次待辦，事項和下一步的表單就存在手機上。",
    )),
    Guide("security", "秩序維護的一天", frozenset({"security_officer", "fire_officer", "security_supervisor"}), (
        "巡查、放行、出入證核對都會按時出現在「待辦」，打開、填好、提交即可。",
        "發現違章直接按「發起」；照片和現場簽名跟著案件走，不必再抄一遍。",
        "夜間的待辦同樣計時；辦不了的按「退回」並寫明原因，不要留著。",
        "換班時把手上沒辦完的放回待簽收，接班的人就看得到。",
    )),
    Guide("cashier", "出納的一天", frozenset({"cashier"}), (
        "要收的費用在「待辦」；欠費的業戶在「收費」，按欠得最久的排列。",
        "收款後開出收據，編號不會跳號；開錯了不要改，按「作廢」寫明原因再開一張。",
        "下班前在「收費」按「日結」：數好現金，和系統的數字對上再確認；有差額要寫原因。",
        "銀行代收的檔案也在「收費」：送出去，等銀行回覆後再匯回來。",
    )),
    Guide("till", "收費頁面", frozenset({"cashier", "customer_service"}), (
        "點一個業戶看每一筆應收和已收；收款時可以只收一部分。",
        "每天結束時按「日結」，結了的那一天就不能再改。",
    ), at="ledger.overview", first=2),
    Guide("supervisor", "主管的一天", frozenset({"engineering_supervisor", "cleaning_supervisor", "security_supervisor", "cs_supervisor",
                                            "assistant_manager"}), (
        "等您審核、定價或會簽的事項在「待辦」；先看前面的人寫了什麼，再簽意見。",
        "逾期的事項會升級到您這裡，原承辦人的也還在；可以催辦、指派給別人，或自己接手。",
        "「全部案件」能按逾期篩選；常用的篩選可以存起來，下次直接打開。",
        "休假前在「我」裡設好代理人，期間內的事項由他代辦，記錄上寫明代誰。",
    )),
    Guide("manager", "經理的一天", frozenset({"manager", "general_manager"}), (
        "「時限與指標」把手冊的每一條時限和比率算給您看，點進去就是每一件。",
        "案件卡住或出錯時，在案件頁暫停、恢復或取消；每一次都要寫原因，並留在歷程裡。",
        "「代理」能替休假的同事安排；「匯入與啟用」是從紙本轉過來時對帳用的。",
        "您的待辦裡還有別人逾期升級上來的事項，紅色的先看。",
    )),
    Guide("administrator", "系統管理員的一天", frozenset({"administrator"}), (
        "「目錄」管園區、單元、業戶、人員和角色；停用而不刪除，歷史才對得上。",
        "「匯入與啟用」先預覽每一列會改什麼，再執行；錯的列會指出在哪一格。",
        "「傳送」看得到送不出去的通知和原因，改好設定後可以重送。",
    )),
    Guide("designer", "流程設計員的一天", frozenset({"process_designer"}), (
        "每個案件頁都有流程圖，標出走到哪一步；新版本只用於之後發起的案件。",
        "流程在上線前會先跑完自己的情景；不符合的會說明是哪一步、為什麼。",
    ), first=2),
    Guide("everybody", "每個人都用得到", frozenset(), (
        "「待辦」是等您辦的，「已辦」是辦過的，「我發起」和「抄送我」能看到進度。",
        "填到一半可以離開，內容會自動保存，回來時再取回。",
        "每一步都寫著為什麼要辦：展開「為什麼要辦這一步？」看手冊的條款。",
        "按 ? 看這一頁的快捷鍵；詞語旁邊的小問號會帶您到詞彙表。",
    )),
)


def of_roles(roles: Iterable[str]) -> tuple[Guide, ...]:
    """Guides for somebody with these roles, their own first, what concerns everybody last."""
    held = set(roles)
    return tuple(guide for guide in GUIDES if not guide.roles or guide.roles & held)
