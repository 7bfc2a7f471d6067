"""Runs designers' expressions and scripts in limited worker processes (pydantic-monty); nothing of theirs runs in ours.

A snippet sees the values that it names, a few pure functions, and nothing else. What a script binds at top level comes back.
"""

from __future__ import annotations

import ast
import math
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

from pydantic_monty import Monty, MontyCrashedError, MontyError, MontySession, ResourceLimits

from engine.errors import (
    BudgetExceededError,
    DataNotStorableError,
    ExpressionError,
    ExpressionSyntaxError,
    UnknownNameError,
    UnstorableTypeError,
)
from engine.settings import Settings

#: the expression's values arrive under this one name, so that nothing of an earlier expression is seen by a later one
_BAG = "_"
_TRACING = "opentelemetry"
#: nesting of values beyond this cannot come from a form
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class _Snippet:
    code: str
    reads: tuple[str, ...]
    binds: tuple[str, ...]


class Sandbox:
    """A pool of worker processes. Started at the first expression, so that commands which run none stay quick."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits: ResourceLimits = {
            "max_memory": settings.sandbox_memory,
            "max_feed_duration_secs": settings.sandbox_seconds,
            "max_recursion_depth": settings.sandbox_depth,
        }
        self._pool: Monty | None = None
        self._lock = threading.Lock()

    def session(self, now: datetime, functions: Mapping[str, Callable[..., Any]] | None = None) -> SandboxSession:
        """A session for one step: expressions of the step share a worker, scripts get one each. Its clock stands at `now`."""
        return SandboxSession(self, now, functions or {})

    def checkout(self, now: datetime) -> MontySession:
        """A worker with the limits of the settings; use as a context manager."""
        with self._lock:
            if self._pool is None:
                _spare_a_search()
                pool = Monty(min_processes=1, max_processes=self._settings.sandbox_workers, checkout_timeout=30.0)
                self._pool = pool.__enter__()
        return self._pool.checkout(limits=self._limits, os_policy={"datetime": now, "sleep": "zero"})

    @property
    def seconds(self) -> float:
        """Time that one snippet has."""
        return self._settings.sandbox_seconds

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)


class SandboxSession:
    """One step's use of the sandbox; close it when the step is done."""

    def __init__(self, sandbox: Sandbox, now: datetime, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._sandbox = sandbox
        self._now = now
        self._functions = dict(functions)
        self._worker: MontySession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def evaluate(self, expression: str, values: Mapping[str, Any]) -> Any:
        """The expression's value, which must be JSON. ExpressionError when it fails, BudgetExceededError when it takes too much."""
        snippet = _expression(expression)
        bag = {name: values[name] for name in snippet.reads if name in values}
        missing = [name for name in snippet.reads if name not in bag and name not in self._functions and name not in _BUILTINS]
        if missing:
            raise UnknownNameError(expression=expression, name=missing[0])
        code = snippet.code.format(arguments=", ".join(f"{_BAG}[{name!r}]" for name in bag), parameters=", ".join(bag))
        if self._worker is None:
            self._worker = self._sandbox.checkout(self._now).__enter__()
        try:
            value = self._worker.feed_run(code, inputs={_BAG: bag}, external_lookup=self._functions)
        except MontyError as error:
            self.close()
            raise _translated(error, expression, self._sandbox.seconds) from error
        check_storable(value, "")
        return value

    def execute(self, script: str, values: dict[str, Any]) -> None:
        """Run a script over the values; what it binds at top level is put into them."""
        snippet = _script(script)
        bag = {name: values[name] for name in snippet.reads if name in values}
        # a step never holds two workers: steps that each hold one and wait for another would wait for ever
        self.close()
        with self._sandbox.checkout(self._now) as worker:
            try:
                worker.feed_run(snippet.code, inputs=bag, external_lookup=self._functions)
                bound = worker.feed_run(_collector(snippet.binds))
            except MontyError as error:
                raise _translated(error, script, self._sandbox.seconds) from error
        for name, value in bound.items():
            check_storable(value, name)
        values.update(bound)

    def close(self) -> None:
        """Give the worker back."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.__exit__(None, None, None)


def _spare_a_search() -> None:
    """The sandbox's library looks for a tracing package at every expression. Python forgets that a package is not there, and looking for it
    takes as long as the expression: say it once for all."""
    if _TRACING not in sys.modules and find_spec(_TRACING) is None:
        sys.modules[_TRACING] = None  # type: ignore[assignment]


_BUILTINS = frozenset(
    """
    abs all any bool dict divmod enumerate False filter float frozenset int isinstance len list map max min None ord chr pow print range
    repr reversed round set sorted str sum True tuple type zip
    """.split()  # noqa: SIM905 - a list of forty strings reads worse
)


def check_expression(expression: str) -> None:
    """Raise ExpressionError unless the text is one expression. For the linter; runs nothing."""
    _expression(expression)


def check_script(script: str) -> None:
    """Raise ExpressionError unless the text is a script that parses. For the linter; runs nothing."""
    _script(script)


def names_read(expression: str) -> frozenset[str]:
    """Names of the data that an expression reads."""
    return frozenset(_expression(expression).reads) - _BUILTINS


@lru_cache(4096)
def _expression(source: str) -> _Snippet:
    tree = _parse(source.strip(), "eval")
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    reads = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - own)
    # unparsed from the tree, so that no stray bracket of the source can leave the lambda
    body = ast.unparse(tree).replace("{", "{{").replace("}", "}}")
    return _Snippet(f"(lambda {{parameters}}: ({body}))({{arguments}})", tuple(reads), ())


@lru_cache(4096)
def _script(source: str) -> _Snippet:
    tree = _parse(source, "exec")
    reads: set[str] = set()
    binds: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (binds if isinstance(node.ctx, ast.Store) else reads).add(node.id)
    top = set(_top_level_names(tree))
    # a name that is only changed in place (`rows.append(…)`, `form["x"] = 1`) comes back as well
    changed = {name for name in reads if name not in _BUILTINS}
    return _Snippet(source, tuple(sorted(reads | binds)), tuple(sorted((binds & top) | changed)))


def _top_level_names(tree: ast.AST) -> list[str]:
    """Names bound outside functions and comprehensions."""
    names: list[str] = []
    stack: list[ast.AST] = list(ast.iter_child_nodes(tree))
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.ClassDef)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        if not isinstance(node, inner):
            stack.extend(ast.iter_child_nodes(node))
    return names


@lru_cache(4096)
def _collector(names: tuple[str, ...]) -> str:
    """A snippet that gathers those of the names that are bound to data."""
    lines = [
        "import math as __module",
        "def __function(): pass",
        "__bound = {}",
        "__code = (type(__function), type(__module), type(int), type(len))",
    ]
    for name in names:
        lines += ["try:", f"    if type({name}) not in __code: __bound[{name!r}] = {name}", "except NameError:", "    pass"]
    return "\n".join([*lines, "__bound"])


def _parse(source: str, mode: str) -> ast.AST:
    try:
        return ast.parse(source, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionSyntaxError(expression=source[:200], reason=str(error)) from error


def _translated(error: MontyError, source: str, seconds: float) -> ExpressionError | BudgetExceededError:
    if isinstance(error, MontyCrashedError):
        return BudgetExceededError(budget="運算式資源", limit=f"{seconds} s")
    inner = error.exception()
    if isinstance(inner, TimeoutError):
        return BudgetExceededError(budget="運算式時間", limit=f"{seconds} s")
    if isinstance(inner, MemoryError):
        return BudgetExceededError(budget="運算式記憶體", limit="—")
    return ExpressionError(expression=source.strip()[:200], reason=str(error)[:500])


def check_storable(value: Any, path: str, depth: int = 0) -> None:
    """Raise DataNotStorableError unless the value is JSON with string keys, finite numbers and no reserved key."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        if kind is int and not -(2**63) <= value < 2**63:
            raise DataNotStorableError(path=path, reason="整數超出範圍")
        return
    if depth > _MAX_DEPTH:
        raise DataNotStorableError(path=path, reason="巢狀過深")
    if kind is float:
        if not math.isfinite(value):
            raise DataNotStorableError(path=path, reason="不是有限的數字")
        return
    if kind is list:
        for index, item in enumerate(value):
            check_storable(item, f"{path}.{index}", depth + 1)
        return
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise DataNotStorableError(path=f"{path}.{key}", reason="鍵必須是文字")
            if key == "typename":
                raise DataNotStorableError(path=f"{path}.{key}", reason="「typename」是保留字")
            check_storable(item, f"{path}.{key}", depth + 1)
        return
    raise UnstorableTypeError(path=path or "—", kind=kind.__name__)
