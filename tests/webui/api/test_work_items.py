"""The inbox and what people do with a work item, over the API."""

from __future__ import annotations

from engine.runtime import Runtime
from tests.builders import deploy_simple, make_work_item, start
from tests.webui.api.caller import CallAs


def _item(runtime: Runtime, *elements: tuple[str, str]) -> int:
    deploy_simple(runtime, "errand", *elements)
    return start(runtime, "errand").work_item_ids[0]


def test_the_inbox_holds_what_ones_roles_may_take(runtime: Runtime, call_as: CallAs) -> None:
    """Own role's items, newest first; not another role's."""
    mine = [make_work_item(runtime, "customer_service") for _ in range(3)]
    make_work_item(runtime, "dispatcher")
    answer = call_as("customer_service").get("/work-items").get_json()
    assert [item["id"] for item in answer["items"]] == mine[::-1]


def test_the_inbox_goes_on_by_cursor(runtime: Runtime, call_as: CallAs) -> None:
    """Each item once."""
    items = [make_work_item(runtime, "customer_service") for _ in range(5)]
    caller = call_as("customer_service")
    first = caller.get("/work-items", limit=3).get_json()
    second = caller.get("/work-items", limit=3, after=first["next"]).get_json()
    assert [item["id"] for item in first["items"] + second["items"]] == items[::-1]
    assert second["next"] is None


def test_the_inbox_can_be_narrowed(runtime: Runtime, call_as: CallAs, clock: object) -> None:
    """By role, process, due time, words, state and person."""
    plain = make_work_item(runtime, "customer_service")
    due = make_work_item(runtime, "customer_service", due_at=runtime.clock.now(), title="漏水 A-1203", definition_key="other")
    caller = call_as("customer_service", "dispatcher")

    def ids(**query: str) -> list[int]:
        return [item["id"] for item in caller.get("/work-items", **query).get_json()["items"]]

    assert ids(role="dispatcher") == []
    assert ids(key="other") == [due]
    assert ids(due_before="2030-01-01T00:00:00Z") == [due]
    assert ids(q="漏水") == [due]
    assert ids(state="open") == [due, plain]
    assert ids(state="completed") == []
    assert ids(assignee="me") == []


def test_one_who_may_read_any_searches_all(runtime: Runtime, call_as: CallAs) -> None:
    """Other people's items, by name or id; other roles'; a case's."""
    worker = call_as("repair_worker").person
    assert worker is not None
    item = make_work_item(runtime, "repair_worker", state="claimed", assignee_id=worker.id)
    other = make_work_item(runtime, "repair_worker")
    manager = call_as("manager")

    def ids(**query: object) -> list[int]:
        return [entry["id"] for entry in manager.get("/work-items", **query).get_json()["items"]]

    assert ids(assignee=worker.username) == ids(assignee=worker.id) == [item]
    assert ids(role="repair_worker") == [other, item]
    assert ids(state="claimed") == [item]
    [found] = manager.get("/work-items", assignee=worker.id).get_json()["items"]
    assert found["assignee"] == {"id": worker.id, "name": worker.name}
    assert ids(process_instance_id=found["process_instance_id"]) == [item]
    assert manager.get("/work-items", assignee="nobody-known").status_code == 404


def test_claiming_tells_the_second_who_was_first(runtime: Runtime, call_as: CallAs) -> None:
    """409 naming the assignee; unclaiming gives it back."""
    item = _item(runtime)
    first, second = call_as("customer_service"), call_as("customer_service")
    claimed = first.post(f"/work-items/{item}/claim").get_json()
    assert first.person is not None
    assert (claimed["state"], claimed["assignee"]["id"]) == ("claimed", first.person.id)
    refused = second.post(f"/work-items/{item}/claim")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "work_item_already_claimed")
    assert refused.get_json()["assignee"] == first.person.name
    assert first.person.name in refused.get_json()["detail"]
    assert first.post(f"/work-items/{item}/unclaim").get_json()["state"] == "open"
    assert second.post(f"/work-items/{item}/claim").status_code == 200


def test_assigning_names_a_person_by_id_or_by_name(runtime: Runtime, call_as: CallAs) -> None:
    """Either will do; nobody by that name is 404."""
    item = _item(runtime)
    worker = call_as("customer_service").person
    assert worker is not None
    manager = call_as("manager")
    for reference in (worker.id, worker.username):
        answer = manager.post(f"/work-items/{item}/assign", {"assignee": reference})
        assert (answer.status_code, answer.get_json()["assignee"]["id"]) == (200, worker.id)
    assert manager.post(f"/work-items/{item}/assign", {"assignee": "nobody-known"}).status_code == 404
    assert manager.post(f"/work-items/{item}/assign", {}).status_code == 422


def test_a_delegated_item_comes_back(runtime: Runtime, call_as: CallAs) -> None:
    """Delegate keeps the owner, resolve returns it, the owner completes."""
    item = _item(runtime)
    owner, helper = call_as("customer_service"), call_as("customer_service")
    assert owner.person is not None
    assert helper.person is not None
    owner.post(f"/work-items/{item}/claim")
    delegated = owner.post(f"/work-items/{item}/delegate", {"to": helper.person.id}).get_json()
    assert (delegated["state"], delegated["assignee"]["id"], delegated["owner"]["id"]) == ("delegated", helper.person.id, owner.person.id)
    resolved = helper.post(f"/work-items/{item}/resolve", {}).get_json()
    assert (resolved["state"], resolved["assignee"]["id"]) == ("claimed", owner.person.id)
    assert owner.post(f"/work-items/{item}/complete", {"variables": {}}).status_code == 200


def test_an_item_shows_what_one_needs_to_do_it(runtime: Runtime, call_as: CallAs) -> None:
    """No form here; where it can go back to."""
    item = _item(runtime, ("first_thing", "customer_service"), ("second_thing", "customer_service"))
    caller = call_as("customer_service")
    shown = caller.get(f"/work-items/{item}").get_json()
    assert (shown["element_id"], shown["form"], shown["returnable_elements"]) == ("first_thing", None, [])
    step = caller.post(f"/work-items/{item}/complete", {"variables": {}}).get_json()
    shown = caller.get(f"/work-items/{step['work_items'][0]}").get_json()
    assert [element["id"] for element in shown["returnable_elements"]] == ["first_thing"]


def test_an_item_is_returned_to_an_earlier_element(runtime: Runtime, call_as: CallAs) -> None:
    """The step's answer names the new item; an element that isn't earlier is a conflict."""
    item = _item(runtime, ("first_thing", "customer_service"), ("second_thing", "customer_service"))
    caller = call_as("customer_service")
    second = caller.post(f"/work-items/{item}/complete", {"variables": {}}).get_json()["work_items"][0]
    refused = caller.post(f"/work-items/{second}/return", {"element_id": "nowhere", "reason": "x"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "return_not_possible")
    step = caller.post(f"/work-items/{second}/return", {"element_id": "first_thing", "reason": "photo missing"}).get_json()
    [again] = step["work_items"]
    assert caller.get(f"/work-items/{again}").get_json()["element_id"] == "first_thing"
    assert caller.post(f"/work-items/{second}/complete", {"variables": {}}).status_code == 409


def test_a_completed_item_says_by_whom(runtime: Runtime, call_as: CallAs) -> None:
    """A stale page's submission is told who was first, and when."""
    item = _item(runtime)
    first, second = call_as("customer_service"), call_as("customer_service")
    assert first.post(f"/work-items/{item}/complete", {"variables": {}}).status_code == 200
    refused = second.post(f"/work-items/{item}/complete", {"variables": {}})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "work_item_not_open")
    assert first.person is not None
    assert refused.get_json()["completed_by"] == first.person.name
