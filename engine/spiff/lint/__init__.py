"""The deploy-time linter: one rule a file. A rule that lies in this folder is in force."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from engine.errors import Finding
from engine.spiff.lint import duplicate_id
from engine.spiff.lint.rule import Package, Rule

#: modules of this folder that are no rules
_NO_RULES = frozenset({"rule", "graph"})


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by the name of its file."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name not in _NO_RULES)
    return tuple(import_module(f"{__name__}.{name}").RULE for name in names)


def lint(package: Package) -> Iterator[Finding]:
    """What every rule says of every diagram of the package."""
    for source in package.sources:
        # Where ids are not unique, nothing can be said of what refers to what.
        in_force = (duplicate_id.RULE,) if any(duplicate_id.check(source)) else rules()
        for rule in in_force:
            severity = rule.severity_in(package)
            for element_id, data in rule.check(source):
                yield Finding(rule=rule.code, severity=severity, element_id=element_id, sentence=rule.sentence, data=data, file=source.file)
