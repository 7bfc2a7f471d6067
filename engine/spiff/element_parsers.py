"""Where SpiffWorkflow's parser reads an element wrongly and it is simpler to read it right than to refuse it."""

from __future__ import annotations

import json
from typing import Any

from SpiffWorkflow.bpmn.parser.event_parsers import (
    CANCEL_EVENT_XPATH,
    ERROR_EVENT_XPATH,
    ESCALATION_EVENT_XPATH,
    MESSAGE_EVENT_XPATH,
    SIGNAL_EVENT_XPATH,
    TERMINATION_EVENT_XPATH,
)
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, StartEvent
from SpiffWorkflow.bpmn.specs.event_definitions.timer import DurationTimerEventDefinition, TimerEventDefinition
from SpiffWorkflow.spiff.parser.event_parsers import SpiffEndEventParser, SpiffStartEventParser
from SpiffWorkflow.spiff.parser.process import SpiffProcessParser
from SpiffWorkflow.spiff.parser.task_spec import ServiceTaskParser, SpiffTaskParser
from SpiffWorkflow.spiff.specs.defaults import NoneTask, ServiceTask


class EndEventParser(SpiffEndEventParser):
    """End events that throw signals too; the library leaves those out and ends without a word."""

    def create_task(self) -> Any:
        """The end event's specification, joined to the end of its process."""
        definition = self.get_event_definition(
            [
                MESSAGE_EVENT_XPATH,
                SIGNAL_EVENT_XPATH,
                CANCEL_EVENT_XPATH,
                ERROR_EVENT_XPATH,
                ESCALATION_EVENT_XPATH,
                TERMINATION_EVENT_XPATH,
            ]
        )
        task = self._create_task(definition)
        task.connect(self.spec.end)
        return task


class StartEventParser(SpiffStartEventParser):
    """Timer starts of a process are kept by the services; inside an instance they only wait to be the one that was chosen."""

    def create_task(self) -> Any:
        """The start event's specification."""
        task = super().create_task()
        if isinstance(task.event_definition, TimerEventDefinition) and self.process_parser.node.tag == full_tag("process"):
            # A cycle would breed tokens where a start gives one.
            task.event_definition = DurationTimerEventDefinition(task.event_definition.name, '"P100Y"')
        return task


class PassThroughTask(NoneTask):
    """A task of no kind: the token passes. The library would wait for a person who is never asked."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.manual = False


class NotedServiceTask(ServiceTask):
    """A service task whose call is noted for the commit, or answered at once; the library would write empty results into the data too."""

    def _execute(self, task: Any) -> bool:
        engine = task.workflow.script_engine
        answer = engine.call_service(task, operation_name=self.operation_name, operation_params=self.evaluate_params(task))
        # the library makes up a name where the diagram gives none
        if answer and not self.result_variable.startswith("spiff__"):
            task.data[self.result_variable] = json.loads(answer)
        return True


class ProcessParser(SpiffProcessParser):
    """A process with several start events begins at the one that was chosen; the library would let the first to be ready win."""

    def add_tasks(self) -> None:
        """Every element that can be reached, and the event sub-processes."""
        for node in self.xpath("./bpmn:startEvent"):
            self.parse_node(node)
        for node in self.xpath("./bpmn:subProcess[@triggeredByEvent='true']"):
            task_spec = self.parse_node(node)
            self.spec.start.connect_or_add_trigger(task_spec, self.parser.process_parsers[task_spec.spec].get_spec())


class UndrawnMixin:
    """Reads no drawing: the library sorts flows by height on the page, so that moving a shape would change what runs first."""

    def _add_diagram_indexes(self, bpmn: Any) -> None:
        """Look up neither positions nor lanes: flows keep the order of the file, and engine.diagram reads the roles."""


#: what takes the place of the library's own
OVERRIDES = {
    full_tag("startEvent"): (StartEventParser, StartEvent),
    full_tag("endEvent"): (EndEventParser, EndEvent),
    full_tag("serviceTask"): (ServiceTaskParser, NotedServiceTask),
    full_tag("task"): (SpiffTaskParser, PassThroughTask),
}
