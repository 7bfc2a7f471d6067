"""What entries of the books are for, by their usual names. A designer may add others; those are called by their id."""

from __future__ import annotations

from collections.abc import Mapping

#: id → name, source language
ITEMS: Mapping[str, str] = {
    "management_fee": "管理費", "water": "水費", "electricity": "電費", "special_service": "特約服務", "renovation_deposit": "裝修押金",
    "fire_deposit": "消防治安押金", "pass_fee": "出入證工本費", "pass_deposit": "出入證押金",
    "rubbish_fee": "垃圾清運費", "moving_deposit": "搬遷押金",
    "move_in_deposit": "入駐押金", "repair_fee": "維修費", "prepayment": "預收款",
}
