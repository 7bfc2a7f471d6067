"""What the services need from the outside, put together once at start and handed down: no module keeps a global of its own.

The ports are protocols here and are filled by the layers above (jobs, operators, company), so that the services never import them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from engine.clock import Clock, SystemClock
from engine.contents import ContentStore, content_store
from engine.model import Actor, JsonObject, Signature
from engine.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.content import Organisation
    from engine.persistence.database import Database
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.spiff.cache import DefinitionCache, LiveCache
    from engine.spiff.reader import InProcessReader, PackageReader
    from engine.spiff.sandbox import Sandbox


class Outbox(Protocol):
    """Queues a side effect inside the caller's transaction; it happens at least once after the commit, with the same key."""

    def enqueue(self, connection: Connection, name: str, key: str, payload: JsonObject) -> None:
        """`name` is a handler of `engine.jobs.handlers`; `key` makes a repeat harmless."""
        ...

    def wake(self) -> None:
        """Something new may be due: look now. Call after the commit."""
        ...


class NoOutbox:
    """Keeps effects in memory: for tests and scenarios, where nothing leaves."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, JsonObject]] = []

    def enqueue(self, connection: Connection, name: str, key: str, payload: JsonObject) -> None:
        """Remember it; a repeated key is dropped, as the job engine drops it."""
        if all(known != key for _, known, _ in self.sent):
            self.sent.append((name, key, payload))

    def wake(self) -> None:
        """Nothing sleeps here."""


class News:
    """Says inside this process that somebody may have something to hear of. Other processes look at the store once a second."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, act: Callable[[], None]) -> Callable[[], None]:
        """Call this at every announcement, on the announcer's thread; gives what ends it."""
        self._listeners.append(act)
        return partial(self._listeners.remove, act)

    def announce(self) -> None:
        """Something was committed that people are told of."""
        for act in tuple(self._listeners):
            act()


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of the company's directory that a form field points to."""

    id: int
    #: what people call it; kept beside the id in the data, as it was at the time
    label: str
    #: the site it belongs to, where it belongs to one
    site_id: int | None = None


class Directory(Protocol):
    """Looks up what form fields of the kinds `person`, `unit` and `tenant` point to."""

    def resolve(self, connection: Connection, kind: str, value: Any) -> Reference | None:
        """By id or by code; None when there is none, or it was deactivated."""
        ...


class NoDirectory:
    """A company without a directory: references are taken as they are."""

    def resolve(self, connection: Connection, kind: str, value: Any) -> Reference | None:
        """The value itself, as its own label."""
        return Reference(id=0, label=str(value))


#: an operator of the catalogue: carried out in the committing transaction, for (runtime, unit of work, actor, instance id, parameters)
Operator = Callable[["Runtime", "UnitOfWork", Actor, int, Mapping[str, Any]], Any]


#: an operator that only looks something up; its answer goes into the token's data, so it must be JSON: (runtime, unit of work, parameters)
Reader = Callable[["Runtime", "UnitOfWork", Mapping[str, Any]], Any]
#: a fact that gates (`require`) may ask for in the completing transaction: (runtime, unit of work, instance id, its arguments)
Fact = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One of what periodic work goes over."""

    id: int
    #: what the instance gets to know of it: a reference (`id`, `label`) with more beside it
    data: JsonObject
    #: the site whose people do the work
    site_id: int | None = None
    #: units and tenants that it is about: (kind, id)
    references: frozenset[tuple[str, int]] = frozenset()


class Collection(Protocol):
    """A list of the company as it was at a time."""

    def __call__(self, uow: UnitOfWork, at: datetime, after: int = 0, limit: int | None = None) -> list[Item]:
        """In the order of ids: those greater than `after`, at most `limit`."""
        ...


@dataclass(slots=True)
class Runtime:
    """One per process."""

    settings: Settings
    database: Database
    definitions: DefinitionCache
    live: LiveCache
    sandbox: Sandbox
    organisation: Organisation
    reader: InProcessReader | PackageReader
    clock: Clock = field(default_factory=SystemClock)
    outbox: Outbox = field(default_factory=NoOutbox)
    news: News = field(default_factory=News)
    directory: Directory = field(default_factory=NoDirectory)
    #: operator name → what carries it out
    operators: Mapping[str, Operator] = field(default_factory=dict)
    #: operator name → what answers it
    readers: Mapping[str, Reader] = field(default_factory=dict)
    #: name in `for_each` → what lists it
    collections: Mapping[str, Collection] = field(default_factory=dict)
    #: function name in gates → what answers it
    facts: Mapping[str, Fact] = field(default_factory=dict)
    #: of the rows that lie over organisation.toml (`house_rules`), as they were read
    rules_stamp: int = 0
    #: the settings as they were given, before what was changed since
    started_with: Settings = field(default=None)  # type: ignore[assignment]  # filled below
    #: where the content of files lies; what the settings name, unless given
    contents: ContentStore = field(default=None)  # type: ignore[assignment]  # filled below

    def __post_init__(self) -> None:
        """Open the store of files, and remember the settings that were given."""
        self.started_with = self.started_with or self.settings
        self.contents = self.contents or content_store(self.settings)

    def today(self) -> date:
        """The company's day."""
        return self.organisation.calendar.local(self.clock.now()).date()

    def signatures(self) -> dict[str, Signature | None]:
        """How each operator and reader is called, by name; None for one that doesn't say."""
        return {name: getattr(each, "signature", None) for name, each in {**self.operators, **self.readers}.items()}
