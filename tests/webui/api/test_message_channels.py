"""Setting up the ways out of the house, and what messages say, by the interface."""

from __future__ import annotations

import pytest

from engine.persistence.tables import notification_channel
from engine.runtime import Runtime
from tests.builders import rows
from tests.engine.delivery.servers import http_server
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_a_channel_is_set_up_tried_and_changed_without_its_secret_coming_back(runtime: Runtime, call_as: CallAs) -> None:
    boss = call_as("administrator")
    with http_server() as server:
        body = {"kind": "webhook", "name": "工單", "config": {"url": server.url}, "secret": {"key": "s3cret"}, "kinds": ["overdue"],
                "may_be_inside": True}
        made = boss.post("/notification-channels", body)
        assert made.status_code == 201
        assert b"s3cret" not in made.data
        channel = made.get_json()
        assert (channel["secrets"], channel["kinds"], channel["is_enabled"]) == (["key"], ["overdue"], True)
        address = f"/notification-channels/{channel['id']}"
        assert boss.post(f"{address}/try", {}).get_json() == {"sent": True}
        assert "x-guicheng-signature" in server.received[0].headers
        settings = {"name": "工單系統", "config": {"url": server.url}}
        assert boss.put(address, settings).get_json()["name"] == "工單系統"
        assert rows(runtime, notification_channel)[0].secret == '{"key":"s3cret"}'
        refused = boss.put(address, {**settings, "config": {"url": "ftp://x", "port": "1"}, "site_id": 99})
        assert refused.status_code == 422
        assert {each["field"] for each in refused.get_json()["errors"]} == {"url", "port", "site_id"}


def test_a_text_is_worded_previewed_and_reset(call_as: CallAs) -> None:
    boss, address = call_as("administrator"), "/message-templates/several"
    assert boss.post(f"{address}/preview", {"texts": {"zh-Hant": "共 {count} 則"}}).get_json()["messages"][0]["subject"] == "共 5 則"
    assert boss.put(address, {"texts": {"zh-Hant": "{n}"}}).get_json()["errors"][0]["code"] == "placeholder_unknown"
    kept = boss.put(address, {"texts": {"zh-Hant": "共 {count} 則"}, "version": 0}).get_json()
    assert (kept["texts"]["zh-Hans"], kept["version"]) == ("共 {count} 则", 1)
    assert boss.put(address, {"texts": {}, "version": 0}).status_code == 409
    assert boss.put(address, {"texts": {}}).get_json()["own"] == {}
    assert boss.get("/message-templates/nothing").status_code == 404
