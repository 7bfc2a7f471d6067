"""An operator with the way it is called: what it takes is said once, for the linter and for the call itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import InvalidError, StepFailedError
from engine.model import Actor, Parameter, Signature

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime


class ParameterMissingError(InvalidError):
    """A service task calls an operator without a parameter that it needs."""

    code = "operator_parameter_missing"
    sentence = "服務「{operator}」缺少參數「{parameter}」。"


class ParameterInvalidError(InvalidError):
    """A service task gives an operator something else than it takes."""

    code = "operator_parameter_invalid"
    sentence = "服務「{operator}」的參數「{parameter}」不正確：{value}"


class LookUpFailedError(StepFailedError):
    """A service task that looks something up got no answer."""

    code = "operator_failed"
    sentence = "服務「{operator}」無法執行：{reason}"


@dataclass(frozen=True, slots=True)
class Effect:
    """An operator that is carried out in the committing transaction."""

    name: str
    act: Callable[[Runtime, UnitOfWork, Actor, int, Mapping[str, Any]], None]
    parameters: tuple[Parameter, ...]

    @property
    def signature(self) -> Signature:
        """How it is called."""
        return Signature(self.parameters)

    def __call__(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
        """Carry it out for a case; ParameterMissingError, ParameterInvalidError."""
        self.act(runtime, uow, actor, instance_id, _checked(self.name, self.parameters, parameters))


@dataclass(frozen=True, slots=True)
class LookUp:
    """An operator that only reads: its answer goes into the data of the step that asked."""

    name: str
    act: Callable[[Runtime, UnitOfWork, Mapping[str, Any]], Any]
    parameters: tuple[Parameter, ...]

    @property
    def signature(self) -> Signature:
        """How it is called."""
        return Signature(self.parameters, is_reader=True)

    def __call__(self, runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> Any:
        """The answer, as JSON. What was asked wrongly is the diagram's error, so that the case gets an incident."""
        try:
            return self.act(runtime, uow, _checked(self.name, self.parameters, parameters))
        except InvalidError as error:
            raise LookUpFailedError(operator=self.name, reason=error.source_text()) from error


def _checked(operator: str, known: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every known parameter with its value, None where it is not given."""
    values = {}
    for parameter in known:
        value = given.get(parameter.name)
        value = None if value == "" else value
        if value is None and parameter.is_required:
            raise ParameterMissingError(operator=operator, parameter=parameter.name)
        if not parameter.takes(value):
            raise ParameterInvalidError(operator=operator, parameter=parameter.name, value=str(value)[:60])
        values[parameter.name] = value
    return values
