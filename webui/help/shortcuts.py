"""Which keys do what on which page. Texts in the source language."""

from __future__ import annotations

#: (keys, what they do)
Keys = tuple[tuple[tuple[str, ...], str], ...]

_EVERYWHERE: Keys = (
    (("?",), "這一頁的快捷鍵"),
    (("/",), "搜尋"),
    (("Tab",), "下一個欄位或按鈕"),
    (("Esc",), "關閉對話框或選單"),
)
_BOARD: Keys = (
    (("j", "k"), "上下選卡片"),
    (("h", "l"), "換欄"),
    (("a",), "派給…"),
    (("1–9",), "派給右欄第幾位"),
    (("u",), "撤銷剛才的派單"),
    (("Enter",), "打開事項"),
)
_LISTS: Keys = (
    (("j", "k"), "上下選一列"),
    (("x",), "勾選這一列"),
    (("Enter",), "打開"),
)
_DESK: Keys = (
    (("Enter",), "選第一個找到的單元或業戶"),
    (("1–9", "a–z"), "選事項、等級、類別"),
    (("Alt 1–9",), "併入列出的未結案件"),
    (("Ctrl Enter",), "登記，接下一通"),
)
_PICKERS: Keys = (
    (("↓", "↑"), "在找到的結果裡選"),
    (("Enter",), "選定"),
)
#: by endpoint, or by blueprint
_PAGES: dict[str, Keys] = {
    "board": _BOARD, "desk.screen": _DESK, "inbox": _LISTS, "cases.overview": _LISTS, "start.form": _PICKERS, "work_item.show": _PICKERS,
}  # fmt: skip


def of_page(endpoint: str) -> Keys:
    """Those of the page, then those that work everywhere."""
    own = _PAGES.get(endpoint) or _PAGES.get(endpoint.partition(".")[0], ())
    return (*own, *_EVERYWHERE)
