"""Definitions: deployed sets of files as immutable versions, and what they hold. Deploys, finds, compiles; runs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Row, Select, bindparam, insert, select, update

from engine import four_eyes, limit_reading, limit_rules, permissions, procedure_access, signer_form, start_timers
from engine.content import DefinitionContent, InstanceContent
from engine.diagram import Diagram, read_diagram
from engine.errors import DeploymentRefusedError, Finding, NotFoundError
from engine.forms import Form, load_form
from engine.forms.privacy import marked
from engine.limit_rules import Limit
from engine.model import Actor
from engine.persistence.tables import blob, definition, deployment, deployment_file, start_subscription
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.parser import compile_process
from engine.spiff.reading import ReadProcess


def _select() -> Select[Any]:
    return select(
        definition.c.id,
        definition.c.key,
        definition.c.version,
        definition.c.name,
        definition.c.deployment_id,
        definition.c.file_name,
        definition.c.is_latest,
    )


# built once: every start asks for it
_LATEST = _select().where(definition.c.key == bindparam("key"), definition.c.is_latest)


@dataclass(frozen=True, slots=True)
class DefinitionInfo:
    """One version of a process."""

    id: int
    #: the BPMN process id
    key: str
    version: int
    name: str
    deployment_id: int
    file_name: str
    #: whether this deployment made it; False when the same content was there already
    is_new: bool = False
    is_latest: bool = True


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment made."""

    #: None for a dry run
    id: int | None
    definitions: tuple[DefinitionInfo, ...]
    #: warnings; an error would have refused it
    findings: tuple[Finding, ...]


def deploy(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    files: Mapping[str, bytes],
    *,
    note: str = "",
    dry_run: bool = False,
    is_ours: bool = False,
    procedure: str | None = None,
    is_approved: bool = False,
) -> Deployment:
    """Read, lint and store a set of files as new versions of the processes in it.

    The same set again gives the same versions. Raises DeploymentRefusedError with every finding, and nothing is stored. `is_ours` holds
    the project's own procedures to stricter rules than imported files. `procedure`: the name under which they belong together; else the
    one that their current versions have, else the first process's. The actor must be let deploy it, and each that loses a process to it.
    `is_approved`: a second person has, where the procedure asks for one; ApprovalNeededError otherwise.
    """
    permissions.require(actor, "process-definition:deploy")
    operators = runtime.signatures()
    package = runtime.reader.read(
        files, runtime.settings, known_diagrams(runtime, uow), runtime.organisation, operators, is_ours=is_ours
    )
    if package.is_refused:
        raise DeploymentRefusedError(package.findings)
    keys = [process.process_id for process in package.processes]
    present = _procedures_of(uow, keys)
    procedure = procedure or procedure_of(uow, keys)
    for access in procedure_access.of(uow, procedure, *present).values():
        access.require(actor, "deploy")
    digest = _digest_of(files)
    existing = _by_digest(uow, digest, keys)
    if existing is not None:
        return Deployment(existing[0].deployment_id, tuple(existing), tuple(package.findings))
    if dry_run:
        infos = [_planned(uow, process.process_id, process.name, process.file_name) for process in package.processes]
        return Deployment(None, tuple(infos), tuple(package.findings))
    if not is_approved:
        four_eyes.require(uow, actor, procedure, *present)
    deployment_id = _store_files(runtime, uow, actor, files, package.normalised, digest, note, procedure)
    made = tuple(_store_definition(runtime, uow, deployment_id, process) for process in package.processes)
    return Deployment(deployment_id, made, tuple(package.findings))


def get(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> DefinitionInfo:
    """One version; NotFoundError if there is none."""
    row = uow.reading.execute(_select().where(definition.c.id == definition_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="流程定義", id=definition_id)
    return _info(row)


def latest(runtime: Runtime, uow: UnitOfWork, key: str) -> DefinitionInfo:
    """The current version of a process; NotFoundError if there is none."""
    row = uow.reading.execute(_LATEST, {"key": key}).one_or_none()
    if row is None:
        raise NotFoundError(kind="流程", id=key)
    return _info(row)


def version(runtime: Runtime, uow: UnitOfWork, key: str, number: int) -> DefinitionInfo:
    """A certain version of a process; NotFoundError if there is none."""
    row = uow.reading.execute(_select().where(definition.c.key == key, definition.c.version == number)).one_or_none()
    if row is None:
        raise NotFoundError(kind="流程版本", id=f"{key} v{number}")
    return _info(row)


def list_versions(uow: UnitOfWork, key: str) -> list[DefinitionInfo]:
    """Every version of a process, latest first."""
    return [_info(row) for row in uow.reading.execute(_select().where(definition.c.key == key).order_by(definition.c.version.desc()))]


def deployed_with(uow: UnitOfWork, definition_id: int) -> dict[str, int]:
    """Every process that was deployed together with a version, itself included: key → id."""
    of = select(definition.c.deployment_id).where(definition.c.id == definition_id).scalar_subquery()
    rows = uow.reading.execute(select(definition.c.key, definition.c.id).where(definition.c.deployment_id == of))
    return {row.key: row.id for row in rows}


def files_of(uow: UnitOfWork, deployment_id: int) -> dict[str, bytes]:
    """Every file of a deployment as its author sent it, by name."""
    query = (
        select(deployment_file.c.name, blob.c.body).join(blob, blob.c.digest == deployment_file.c.source_digest)
        .where(deployment_file.c.deployment_id == deployment_id).order_by(deployment_file.c.name)
    )
    return {row.name: bytes(row.body) for row in uow.reading.execute(query)}


def normalised(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files as they would be run. DeploymentRefusedError, with every finding, for what cannot be."""
    package = runtime.reader.read(files, runtime.settings, known_diagrams(runtime, uow), runtime.organisation, runtime.signatures())
    if package.is_refused:
        raise DeploymentRefusedError(package.findings)
    return {**files, **package.normalised}


def list_latest(runtime: Runtime, uow: UnitOfWork) -> list[DefinitionInfo]:
    """The current version of every process, by key."""
    return [_info(row) for row in uow.reading.execute(_select().where(definition.c.is_latest).order_by(definition.c.key))]


def known_diagrams(runtime: Runtime, uow: UnitOfWork) -> dict[str, Diagram]:
    """The diagram of every current version, by process: what a deployment may call."""
    return {info.key: content(runtime, uow, info.id).diagram for info in list_latest(runtime, uow)}


def source(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> bytes:
    """The author's .bpmn file, byte for byte."""
    info = get(runtime, uow, definition_id)
    query = (
        select(blob.c.body)
        .join(deployment_file, deployment_file.c.source_digest == blob.c.digest)
        .where(deployment_file.c.deployment_id == info.deployment_id, deployment_file.c.name == info.file_name)
    )
    return bytes(uow.reading.execute(query).scalar_one())


def procedure_of(uow: UnitOfWork, keys: list[str]) -> str:
    """The procedure under which processes are deployed; where none of them is, the first of them."""
    return next(iter(_procedures_of(uow, keys)), None) or min(keys, default="")


def procedure_names(uow: UnitOfWork) -> dict[int, str]:
    """The procedure of each deployment that a current version is of."""
    query = select(deployment.c.id, deployment.c.procedure).where(
        deployment.c.id.in_(select(definition.c.deployment_id).where(definition.c.is_latest)))
    return {row.id: row.procedure for row in uow.reading.execute(query)}


def content(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> DefinitionContent:
    """Everything that was deployed with a version, read once per process and kept.

    What belongs to papers of identity is said by the version of today also for the forms of older ones.
    """
    return runtime.definitions.content(definition_id, lambda: _read_content(runtime, uow, definition_id))


def bindings(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> dict[str, int]:
    """What the process's call activities, and those of what they call, are bound to if an instance starts now: key → definition id."""
    found: dict[str, int] = {}
    waiting = list(content(runtime, uow, definition_id).diagram.called)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = latest(runtime, uow, key).id
            waiting.extend(content(runtime, uow, found[key]).diagram.called)
    return found


def instance_content(runtime: Runtime, uow: UnitOfWork, definition_id: int, bound: Mapping[str, int]) -> InstanceContent:
    """The instance's own definition and the bound ones."""
    return InstanceContent(content(runtime, uow, definition_id), {key: content(runtime, uow, each) for key, each in bound.items()})


def compiled(runtime: Runtime, uow: UnitOfWork, definition_id: int, bound: Mapping[str, int]) -> CompiledDefinition:
    """The specification to run, parsed once per version and set of bindings."""
    key = (definition_id, *sorted(bound.items()))

    def build() -> CompiledDefinition:
        own = _parsed(runtime, uow, definition_id)
        subprocesses = dict(own.subprocesses)
        for called_key, called_id in bound.items():
            called = _parsed(runtime, uow, called_id)
            subprocesses[called_key] = called.spec
            subprocesses.update(called.subprocesses)
        return CompiledDefinition(own.spec, subprocesses)

    return runtime.definitions.compiled(key, build)


def _parsed(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> CompiledDefinition:
    def build() -> CompiledDefinition:
        held = content(runtime, uow, definition_id)
        info = get(runtime, uow, definition_id)
        sources = {name: body for name, body in held.files.items() if name.endswith(".dmn")}
        sources[info.file_name] = held.xml
        return CompiledDefinition(*compile_process(sources, held.key))

    return runtime.definitions.compiled(("own", definition_id), build)


def _read_content(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> DefinitionContent:
    info = get(runtime, uow, definition_id)
    query = select(deployment_file.c.name, deployment_file.c.source_digest, deployment_file.c.normalised_digest).where(
        deployment_file.c.deployment_id == info.deployment_id
    )
    names = uow.reading.execute(query).all()
    digests = {digest for row in names for digest in (row.source_digest, row.normalised_digest) if digest is not None}
    bodies = {bytes(row.digest): bytes(row.body) for row in uow.reading.execute(select(blob).where(blob.c.digest.in_(digests)))}
    files = {row.name: bodies[bytes(row.source_digest)] for row in names}
    running = {row.name: bodies[bytes(row.normalised_digest or row.source_digest)] for row in names}
    xml = running[info.file_name]
    forms = {
        stem(name): load_form(body, stem(name)) for name, body in running.items() if name.startswith("forms/") and name.endswith(".json")
    }
    today = _latest_forms(runtime, uow, info)
    forms = {key: marked(form, today.get(key)) for key, form in forms.items()}
    limits = _limits_of(running)
    diagram = read_diagram(xml)[info.key]
    return DefinitionContent(
        id=info.id,
        key=info.key,
        version=info.version,
        name=info.name,
        deployment_id=info.deployment_id,
        diagram=diagram,
        forms={**signer_form.forms_of(diagram), **forms},
        records={stem(name): body for name, body in running.items() if name.startswith("records/") and name.endswith(".html")},
        limits=limits,
        xml=xml,
        files={**files, **{name: body for name, body in running.items() if name.endswith(".dmn")}},
    )


def _latest_forms(runtime: Runtime, uow: UnitOfWork, info: DefinitionInfo) -> Mapping[str, Form]:
    """Those of the current version of the process; none where it is the one at hand."""
    row = uow.reading.execute(_LATEST, {"key": info.key}).one_or_none()
    return {} if row is None or row.id == info.id else content(runtime, uow, row.id).forms


def _limits_of(files: Mapping[str, bytes]) -> tuple[Limit, ...]:
    """The deployment's, the same for each of its processes: a step of any of them may concern them."""
    if limit_rules.FILE not in files:
        return ()
    diagrams = [each for name, body in files.items() if name.endswith(".bpmn") for each in read_diagram(body).values()]
    home = limit_rules.home_of({each.process_id: each.called for each in diagrams})
    return limit_reading.read_limits(files[limit_rules.FILE], home)


def stem(name: str) -> str:
    """`forms/registration.json` → `registration`."""
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _digest_of(files: Mapping[str, bytes]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return digest.digest()


def _procedures_of(uow: UnitOfWork, keys: list[str]) -> list[str]:
    """Which procedures the current versions of the processes belong to, in the order of the processes."""
    query = (
        select(deployment.c.procedure)
        .join(definition, definition.c.deployment_id == deployment.c.id)
        .where(definition.c.key.in_(keys), definition.c.is_latest).order_by(definition.c.key)
    )
    return list(dict.fromkeys(row.procedure for row in uow.reading.execute(query) if row.procedure))


def _by_digest(uow: UnitOfWork, digest: bytes, keys: list[str]) -> list[DefinitionInfo] | None:
    """The versions that this very content made, if they are all still the latest."""
    query = (
        _select()
        .join(deployment, deployment.c.id == definition.c.deployment_id)
        .where(deployment.c.digest == digest, definition.c.is_latest)
    )
    infos = [_info(row) for row in uow.reading.execute(query)]
    return infos if infos and sorted(info.key for info in infos) == sorted(keys) else None


def _store_files(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, files: Mapping[str, bytes], normalised: Mapping[str, bytes], digest: bytes, note: str,
    procedure: str,
) -> int:
    connection = uow.writing
    now = runtime.clock.now()
    deployment_id: int = connection.execute(
        insert(deployment)
        .values(digest=digest, created_at=now, created_by=actor.user_id, note=note or None, procedure=procedure)
        .returning(deployment.c.id)
    ).scalar_one()
    bodies = {hashlib.sha256(body).digest(): body for body in [*files.values(), *normalised.values()]}
    there = {bytes(row[0]) for row in connection.execute(select(blob.c.digest).where(blob.c.digest.in_(bodies)))}
    if fresh := [{"digest": key, "body": body} for key, body in bodies.items() if key not in there]:
        connection.execute(insert(blob), fresh)
    rows = [
        {
            "deployment_id": deployment_id,
            "name": name,
            "source_digest": hashlib.sha256(body).digest(),
            "normalised_digest": hashlib.sha256(normalised[name]).digest() if name in normalised else None,
        }
        for name, body in files.items()
    ]
    connection.execute(insert(deployment_file), rows)
    return deployment_id


def _store_definition(runtime: Runtime, uow: UnitOfWork, deployment_id: int, process: ReadProcess) -> DefinitionInfo:
    connection = uow.writing
    before = connection.execute(_select().where(definition.c.key == process.process_id, definition.c.is_latest)).one_or_none()
    number = 1 if before is None else before.version + 1
    if before is not None:
        connection.execute(update(definition).where(definition.c.id == before.id).values(is_latest=False))
    definition_id = connection.execute(
        insert(definition)
        .values(
            key=process.process_id,
            version=number,
            name=process.name or process.process_id,
            deployment_id=deployment_id,
            file_name=process.file_name,
            created_at=runtime.clock.now(),
            is_latest=True,
            calls=orjson.dumps(list(process.called)).decode(),
        )
        .returning(definition.c.id)
    ).scalar_one()
    timers = [(each.element_id, each.name) for each in process.starts if each.kind == "timer"]
    start_timers.schedule(runtime, uow, definition_id, timers, None if before is None else before.id)
    if before is not None:
        # an earlier version starts nothing any more
        connection.execute(start_subscription.delete().where(start_subscription.c.definition_id == before.id))
        uow.after_commit(partial(runtime.definitions.forget_older, process.process_id, number))
    if process.starts:
        rows = [
            {"definition_id": definition_id, "element_id": each.element_id, "kind": each.kind, "name": each.name} for each in process.starts
        ]
        connection.execute(insert(start_subscription), rows)
    return DefinitionInfo(
        definition_id, process.process_id, number, process.name or process.process_id, deployment_id, process.file_name, True
    )


def _planned(uow: UnitOfWork, key: str, name: str, file_name: str) -> DefinitionInfo:
    number = uow.reading.execute(select(definition.c.version).where(definition.c.key == key, definition.c.is_latest)).scalar()
    return DefinitionInfo(0, key, (number or 0) + 1, name or key, 0, file_name, True)


def _info(row: Row[Any]) -> DefinitionInfo:
    return DefinitionInfo(row.id, row.key, row.version, row.name, row.deployment_id, row.file_name, False, row.is_latest)
