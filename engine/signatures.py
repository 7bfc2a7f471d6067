"""Handwritten signatures: the drawn image as a file, and a row that binds it to exactly the content that was signed.

Any later change of that content is found by comparing digests; a signature field is never part of what it signs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, select

from engine import definitions, files
from engine.errors import NotFoundError
from engine.file_types import PngError
from engine.files import FileRefusedError
from engine.forms.model import FieldKind, Form
from engine.model import Actor, JsonObject
from engine.persistence.tables import instance, signature
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_PREFIX = "data:image/png;base64,"
FILE_NAME = "signature.png"


def decode_signature(data_url: str) -> bytes:
    """The PNG of a signature pad. FileRefusedError unless it is a PNG data URL of a reasonable size with something drawn on it."""
    try:
        if not data_url.startswith(_PREFIX) or len(data_url) > files.SIGNATURE_BYTES * 4 // 3 + len(_PREFIX) + 4:
            raise PngError("no data URL")
        content = base64.b64decode(data_url.removeprefix(_PREFIX), validate=True)
        files.check_signature(content)
    except (PngError, binascii.Error, ValueError) as error:
        raise FileRefusedError(name=FILE_NAME, reason="簽名須為有筆跡的 PNG 圖片。") from error
    return content


def receive(runtime: Runtime, uow: UnitOfWork, actor: Actor, form: Form, submitted: JsonObject) -> JsonObject:
    """The submission with every drawn image (`{"image": …}`) stored as a file (`{"file": id}`), ready for `forms.validate`.

    Pages call it in a transaction of its own before the step: it writes, and a step should not hold the writer while it runs. A
    submission without images writes nothing.
    """
    received = dict(submitted)
    for field in form.of_kind(FieldKind.SIGNATURE):
        value = submitted.get(field.name)
        if isinstance(value, dict) and "image" in value:
            image = value["image"] if isinstance(value["image"], str) else ""
            stored = files.store(runtime, uow, actor, decode_signature(image), FILE_NAME, "signature")
            received[field.name] = {**{name: part for name, part in value.items() if name != "image"}, "file": stored.id}
    return received


def sign_all(
    uow: UnitOfWork,
    actor: Actor,
    form: Form,
    data: JsonObject,
    *,
    instance_id: int,
    token: str,
    element_id: str,
    attended: bool = False,
    case: Mapping[str, Any] | None = None,
) -> list[int]:
    """Bind all files of a submission to its instance and write one row for each signature in it. Returns the signatures' ids.

    `attended`: an outside person signed at the device of the staff member who acts. `case`: the instance's data, where the person signs
    for all of it and not only for this form. FileBoundError as from `files.attach`.
    """
    files.attach(uow, files.ids_in(form, data), instance_id)
    files.mark_personal(uow, files.ids_in(form, data, personal_only=True))
    signed = [(field, data[field.name]) for field in form.of_kind(FieldKind.SIGNATURE) if data.get(field.name)]
    return [
        sign(
            uow,
            file_id=value["file"],
            instance_id=instance_id,
            token=token,
            element_id=element_id,
            field=f"{form.key}.{field.name}",
            signer=value["signer"],
            channel=actor.channel,
            attended_by=actor.user_id if attended else None,
            at=datetime.fromisoformat(value["at"]),
            content_digest=content_digest(form, data) if case is None else _digest({**case, form.key: _unsigned(form, data)}),
            fields=_sealed({**(case or {}), form.key: _unsigned(form, data)}),
        )
        for field, value in signed
    ]


def sign(
    uow: UnitOfWork,
    *,
    file_id: int,
    instance_id: int,
    token: str,
    element_id: str,
    field: str,
    signer: str,
    channel: str,
    attended_by: int | None,
    at: datetime,
    content_digest: bytes,
    fields: bytes | None = None,
) -> int:
    """Write one signature's row and return its id."""
    values: dict[str, Any] = {
        "file_id": file_id,
        "instance_id": instance_id,
        "token": token,
        "element_id": element_id,
        "field": field,
        "signer": signer,
        "channel": channel,
        "attended_by": attended_by,
        "at": at,
        "content_digest": content_digest,
        "fields": fields,
    }
    signature_id: int = uow.writing.execute(insert(signature).values(**values).returning(signature.c.id)).scalar_one()
    return signature_id


def content_digest(form: Form, data: JsonObject) -> bytes:
    """SHA-256 over the canonical JSON of a form's data without its signatures: what the signer saw."""
    return _digest(_unsigned(form, data))


def verify_signature(uow: UnitOfWork, signature_id: int, form: Form, data: JsonObject) -> bool:
    """Whether the data is still what was signed. NotFoundError if there is no such signature."""
    query = select(signature.c.content_digest).where(signature.c.id == signature_id)
    digest = uow.reading.execute(query).scalar_one_or_none()
    if digest is None:
        raise NotFoundError(kind="簽名", id=signature_id)
    return bytes(digest) == content_digest(form, data)


def changes_since(runtime: Runtime, uow: UnitOfWork, instance_id: int, data: Mapping[str, Any]) -> dict[int, tuple[str, ...]]:
    """Of every signature of a case that names its content: the paths (`form.field`) whose values are no longer what was signed.

    `data` are the case's data now. What a form beyond the case's data held (one signer's opinion) is kept with the opinion and left out,
    and so is what no person fills in: the diagram's scripts go on working with that.
    """
    query = select(signature.c.id, signature.c.fields).where(signature.c.instance_id == instance_id, signature.c.fields.is_not(None))
    rows = uow.reading.execute(query.order_by(signature.c.id)).all()
    if not rows:
        return {}
    case = uow.reading.execute(select(instance.c.definition_id, instance.c.bindings).where(instance.c.id == instance_id)).one()
    bound = orjson.loads(case.bindings) if case.bindings else {}
    filled_in = definitions.instance_content(runtime, uow, case.definition_id, bound).filled_in()
    told = {name: value for name, value in data.items() if name in filled_in}
    return {row.id: _changed(orjson.loads(row.fields), told) for row in rows}


def _changed(sealed: dict[str, Any], data: Mapping[str, Any]) -> tuple[str, ...]:
    salt = bytes.fromhex(sealed["salt"])
    present = dict(_values(data))
    known = {path.partition(".")[0] for path in present}
    return tuple(
        path for path, seal in sealed["fields"].items()
        if path.partition(".")[0] in known and (path not in present or _seal(salt, present[path]) != seal)
    )


def _unsigned(form: Form, data: JsonObject) -> JsonObject:
    signatures = {field.name for field in form.of_kind(FieldKind.SIGNATURE)}
    return {name: value for name, value in data.items() if name not in signatures}


def _digest(content: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def _sealed(content: Mapping[str, Any]) -> bytes:
    # salted, so that a digest tells nothing of a value that somebody guesses, once the salt is erased
    salt = os.urandom(16)
    return orjson.dumps({"salt": salt.hex(), "fields": {path: _seal(salt, value) for path, value in _values(content)}})


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if key == "_":
            continue
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", entry) for name, entry in value.items())
        else:
            yield key, value


def _seal(salt: bytes, value: Any) -> str:
    return hashlib.sha256(salt + orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
