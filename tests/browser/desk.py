"""One person's browser in a test: signs in, takes work from the inbox, fills in forms, signs and submits, as a person would."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.builders import Person


class Desk:
    """A signed-in page."""

    def __init__(self, page: Page, address: str, person: Person) -> None:
        self.page = page
        self.address = address
        self.person = person
        page.goto(f"{address}/sign-in")
        page.get_by_label("登入名").fill(person.username)
        page.get_by_label("密碼").fill(person.password)
        page.locator("form button.btn-primary").click()
        expect(page.get_by_role("heading", name="待辦", level=1)).to_be_visible()

    def go(self, path: str) -> None:
        """Open a page of the application."""
        self.page.goto(f"{self.address}{path}")

    def take(self, step: str) -> None:
        """Open a step from the inbox and claim it, if it is not this person's already."""
        self.go("/")
        self.page.get_by_role("link", name=step, exact=True).first.click()
        self.claim(step)

    def claim(self, step: str) -> None:
        """Claim the step whose page is open, if it is not this person's already."""
        expect(self.page.get_by_role("heading", name=step, level=1)).to_be_visible()
        claim = self.page.get_by_role("button", name="簽收並辦理")
        if claim.count():
            claim.click()
            expect(claim).to_have_count(0)

    def fill(self, **values: str) -> None:
        """Fill in fields by name: text, choices and radio buttons alike. Hidden ones are waited for."""
        for name, value in values.items():
            fields = self.page.locator(f"[name='{name}']:not([type=hidden])")
            expect(fields.first).to_be_visible()
            kind = fields.first.evaluate("field => field.type")
            if kind in ("radio", "checkbox"):
                self.page.locator(f"[name='{name}'][value='{value}']").check()
            elif kind.startswith("select"):
                chosen = fields.first
                by_label = chosen.locator("option").filter(has_text=re.compile(f"^{re.escape(value)}$"))
                chosen.select_option(label=value) if by_label.count() else chosen.select_option(value)
            else:
                fields.first.fill(value)

    def pick(self, name: str, typed: str) -> None:
        """Choose the first thing that a picker finds, by keyboard."""
        field = self.page.locator(f"input[name='{name}']")
        field.press_sequentially(typed)
        expect(self.page.get_by_role("option").first).to_be_visible()
        field.press("ArrowDown")
        field.press("Enter")
        expect(self.page.locator(f"input[name='{name}-id']")).not_to_have_value("")

    def sign(self, name: str, signer: str) -> None:
        """Draw a signature on the canvas and write the name below it."""
        box = self.page.locator(f"[data-field='{name}']")
        canvas = box.locator("canvas")
        # into the middle: the bar with the submit button lies over the lower edge
        canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
        place = canvas.bounding_box()
        assert place is not None
        mouse = self.page.mouse
        mouse.move(place["x"] + 30, place["y"] + place["height"] * 0.6)
        mouse.down()
        for step in range(1, 6):
            mouse.move(place["x"] + 30 + step * 36, place["y"] + place["height"] * (0.3 if step % 2 else 0.7))
        mouse.up()
        expect(box.locator(f"[name='{name}-image']")).to_have_value(re.compile("^data:image/png"))
        self.page.locator(f"[name='{name}-signer']").fill(signer)

    def submit(self) -> Locator:
        """Send the form; the message that says so."""
        self.page.locator(".submit-bar .btn-primary").click()
        said = self.page.locator(".note-good")
        expect(said.first).to_be_visible()
        return said.first

    def answer(self, **values: Any) -> None:
        """Fill in fields by name, each as its kind wants it: True and False, lists of choices, rows of a table, files, a signer's name."""
        for name, value in values.items():
            box = self.page.locator(f"[data-field='{name}']").first
            expect(box).to_be_visible()
            kind = box.get_attribute("data-kind")
            if kind == "signature":
                self.sign(name, value)
            elif kind in ("files", "photos"):
                box.locator("input[type=file]").set_input_files(value)
            elif kind == "choices":
                for choice in value:
                    box.locator(f"[value='{choice}']").check()
            elif kind == "rows":
                self._fill_rows(name, box, value)
            elif kind == "yes_no":
                radio = box.locator(f"[type=radio][value='{str(value).lower()}']")
                (radio if radio.count() else box.locator("[type=checkbox]")).set_checked(bool(value) or bool(radio.count()))
            elif kind in ("unit", "tenant", "person") and box.locator(f"input[name='{name}-id']").count():
                self.pick(name, value)
            else:
                self.fill(**{name: value})

    def do(self, step: str, /, **values: Any) -> Locator:
        """Take a step from the inbox, fill it in, submit it."""
        self.take(step)
        self.answer(**values)
        return self.submit()

    def _fill_rows(self, name: str, box: Locator, rows: list[dict[str, Any]]) -> None:
        for number, row in enumerate(rows):
            if box.locator("tr[data-row]").count() <= number:
                box.locator("[data-add-row]").click()
                expect(box.locator("tr[data-row]")).to_have_count(number + 1)
            self.answer(**{f"{name}-{number}-{column}": value for column, value in row.items()})
