"""What the pages, the services and the linter need to know of a diagram."""

from engine.diagram.model import (
    CONTAINERS,
    EVENT_KINDS,
    FLOW_NODE_KINDS,
    GATEWAY_KINDS,
    HUMAN_KINDS,
    TASK_KINDS,
    Diagram,
    Element,
    EventDefinition,
    Flow,
    Lane,
)
from engine.diagram.reading import GENERATED_ID, read_diagram, read_processes
from engine.diagram.xml import BPMN, SPIFF, extension_properties, extension_text, local_name, parse_xml

__all__ = [
    "BPMN",
    "CONTAINERS",
    "EVENT_KINDS",
    "FLOW_NODE_KINDS",
    "GATEWAY_KINDS",
    "GENERATED_ID",
    "HUMAN_KINDS",
    "SPIFF",
    "TASK_KINDS",
    "Diagram",
    "Element",
    "EventDefinition",
    "Flow",
    "Lane",
    "extension_properties",
    "extension_text",
    "local_name",
    "parse_xml",
    "read_diagram",
    "read_processes",
]
