"""Finds the form of each step: written into the diagram, or a file that was brought along; and writes each once, under a key of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from engine.diagram import HUMAN_KINDS, SPIFF, extension_properties, local_name
from engine.errors import GuichengError
from engine.foreign import arena_forms, camunda_forms, flowable_forms
from engine.foreign.notes import Notes
from engine.foreign.questions import ForeignForm, write
from engine.foreign.tree import CAMUNDA, SEVENS, extensions, free, put_property, space_and_name, tag, taken_out, words
from engine.foreign.variables import Variables
from engine.forms import load_form

_DEPLOYED = re.compile(r"^(?:camunda-forms:)?(?:deployment:|app:)?(?:.*/)?(?P<stem>[^/:]+?)(?:\.form|\.json)?$")
_ARENA = ("formJsonSchemaFilename", "formUiSchemaFilename")


class FormShelf:
    """The forms of what is brought in."""

    def __init__(self, documents: Mapping[str, dict[str, Any]], notes: Notes) -> None:
        self._notes = notes
        self._documents = dict(documents)
        #: how diagrams name a file's form → the form
        self._files: dict[str, ForeignForm] = {}
        self._owners: dict[str, str] = {}
        #: key of ours → content
        self.written: dict[str, bytes] = {}
        #: form of theirs → key of ours and its fields; None where nothing of it can be asked here
        self._done: dict[str, tuple[str, Mapping[str, str]] | None] = {}
        self._keys: set[str] = set()
        self._asked: set[str] = set()
        for name, content in documents.items():
            self._read_file(name, content)

    def find(self, node: etree._Element, variables: Variables, tool: str) -> None:
        """Give a step its form, where the other system had one."""
        if local_name(node) != "startEvent" and local_name(node) not in HUMAN_KINDS:
            return
        identity, title = node.get("id", ""), node.get("name", "")
        entries = []
        for child in extensions(node):
            space, name = space_and_name(child)
            if space == CAMUNDA and name == "formData":
                taken_out(child)
                if child.get("businessKey"):
                    self._notes.open("business-key", node, "「{name}」以欄位「{field}」作為案件編號；這裡由系統連續編號。",
                                     field=child.get("businessKey", ""))
                self.add(node, camunda_forms.generated(child, identity, title, self._told_at(node)), variables)
            elif space in SEVENS and name == "formProperty":
                taken_out(child)
                entries.append(child)
        if entries:
            self.add(node, flowable_forms.properties(entries, identity, title, self._told_at(node)), variables)
        for said in _named(node):
            self._give_file(node, said, variables)
        if tool == "Spiff-Arena":
            self._give_arena(node, variables)

    def add(self, node: etree._Element, form: ForeignForm, variables: Variables) -> None:
        """Give a step a form."""
        if form.key not in self._done:
            key = free(words(form.key.partition(".")[0]) or words(node.get("id", "")) or "form", self._keys)
            written = write(form, key, self._notes)
            if written is not None and not self._is_sound(written.content, key, node):
                written = None
            self._done[form.key] = None if written is None else (key, written.fields)
            if written is not None:
                self.written[key] = written.content
        done = self._done[form.key]
        if done is None:
            self._notes.open("empty-form", node, "「{name}」的表單在這裡沒有可填的欄位，沒有帶過來。")
            return
        key, fields = done
        put_property(node, "form", key)
        variables.forms[node.get("id", "")] = key
        variables.fields[key] = fields
        self._notes.translated("form", node, "「{name}」的表單「{form}」有 {count} 個欄位。", form=key, count=len(fields))

    def tell_unused(self) -> None:
        """Files that no step names."""
        for key, form in self._files.items():
            owner = self._owners[key]
            if owner not in self._asked and form.key not in self._done:
                self._asked.add(owner)
                self._notes.file = owner
                self._notes.open("unused-form", owner, "表單檔案「{file}」沒有步驟使用，沒有帶過來。", file=owner)

    def _read_file(self, name: str, content: dict[str, Any]) -> None:
        self._notes.file = name
        stem = PurePosixPath(name).stem
        if camunda_forms.is_form_js(content):
            form = camunda_forms.form_js(content, stem, self._notes)
        elif flowable_forms.is_form(content):
            form = flowable_forms.form(content, stem, self._notes)
        elif arena_forms.is_schema(content):
            form = arena_forms.form(content, self._shown(name), name, self._notes)
        elif any(str(key).startswith("ui:") for key in content) or name.endswith(("-uischema.json", "-ui-schema.json")):
            return
        else:
            self._notes.open("unknown-file", name, "「{file}」不是認得的表單，沒有帶過來。", file=name)
            return
        for known in {form.key, stem, name}:
            self._files.setdefault(known, form)
            self._owners.setdefault(known, name)

    def _shown(self, name: str) -> Mapping[str, Any]:
        for ending in ("-schema.json", "_schema.json", ".json"):
            base = name.removesuffix(ending)
            if base == name:
                continue
            for other in ("-uischema.json", "-ui-schema.json", "_uischema.json", ".uischema.json"):
                if f"{base}{other}" in self._documents:
                    return self._documents[f"{base}{other}"]
        return {}

    def _give_file(self, node: etree._Element, said: str, variables: Variables) -> None:
        match = _DEPLOYED.match(said)
        form = self._files.get(said) or (self._files.get(match.group("stem")) if match else None)
        if form is None or said.startswith("embedded:"):
            self._notes.open(
                "missing-form", node,
                "「{name}」的表單「{form}」不在帶入的檔案中，或是網頁程式。請一併帶入表單檔案，或在這裡新做。",
                form=said)
            return
        self.add(node, form, variables)

    def _give_arena(self, node: etree._Element, variables: Variables) -> None:
        said = extension_properties(node)
        holder = node.find(f"{tag('extensionElements')}/{{{SPIFF}}}properties")
        for entry in [each for each in (holder if holder is not None else ()) if each.get("name") in _ARENA]:
            taken_out(entry)
        if schema := said.get(_ARENA[0], "").strip():
            self._give_file(node, PurePosixPath(schema).name, variables)

    def _is_sound(self, content: bytes, key: str, node: etree._Element) -> bool:
        try:
            load_form(content, key)
        except GuichengError as error:
            self._notes.open("bad-form", node, "「{name}」的表單不能照搬：{reason}", reason=error.source_text(), original=content.decode())
            return False
        return True

    def _told_at(self, node: etree._Element) -> Notes:
        """Notes of a form in the diagram name its step."""
        return _AtStep(self._notes, node)


class _AtStep(Notes):
    """Notes whose place is one step, wherever the form's reader says they are."""

    def __init__(self, notes: Notes, step: etree._Element) -> None:
        super().__init__(notes.file, notes.found)
        self._step = step

    def _add(self, outcome: Any, rule: str, node: Any, sentence: str, original: str, data: dict[str, Any]) -> None:
        super()._add(outcome, rule, self._step, sentence, original, data)


def _named(node: etree._Element) -> list[str]:
    """How the step names a form's file, taken out."""
    found = [str(node.attrib.pop(f"{{{space}}}{name}", "")).strip() for space in SEVENS for name in ("formKey", "formRef")]
    return [each for each in found if each]
