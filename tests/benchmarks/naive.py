"""The store that everybody writes first: load the whole instance as JSON, run SpiffWorkflow, save the whole instance.

The specification lies in every instance, finished tasks stay in the state (they are its history), and the script engine runs in
process. It has work items for an inbox, and uses the same connections, pragmas and driver as ours. It checks nothing: no
permission, no form, no version, no history of its own.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text, insert, select, update

from engine.persistence.database import Database

_metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")
_instance = Table(
    "naive_instance", _metadata,
    Column("id", _Id, primary_key=True), Column("is_completed", Boolean, nullable=False), Column("state", Text, nullable=False),
)
_item = Table(
    "naive_item", _metadata,
    Column("id", _Id, primary_key=True), Column("instance_id", BigInteger, nullable=False), Column("task", String(36), nullable=False),
    Column("element_id", String(120), nullable=False), Column("role", String(60)), Column("is_open", Boolean, nullable=False),
    Index("ix_naive_item_role", "role", "is_open"), Index("ix_naive_item_task", "instance_id", "task"),
)


class NaiveStore:
    """Start and complete, each one transaction."""

    def __init__(self, database: Database, xml: bytes, process_id: str) -> None:
        self._database = database
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
        parser = SpiffBpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml))
        self._spec = parser.get_spec(process_id)
        with database.writing() as connection:
            _metadata.create_all(connection)

    def start(self) -> tuple[int, list[tuple[int, str]]]:
        """A new instance; its id and its open items (id, element)."""
        workflow = BpmnWorkflow(self._spec)
        workflow.do_engine_steps()
        with self._database.writing() as connection:
            values = {"is_completed": workflow.is_completed(), "state": self._serializer.serialize_json(workflow)}
            instance_id = connection.execute(insert(_instance).values(**values).returning(_instance.c.id)).scalar_one()
            return instance_id, self._open(connection, instance_id, workflow, set())

    def complete(self, instance_id: int, item_id: int, data: dict[str, Any]) -> list[tuple[int, str]]:
        """Complete one item; the items that it opened."""
        with self._database.writing() as connection:
            state = connection.execute(select(_instance.c.state).where(_instance.c.id == instance_id)).scalar_one()
            task_id = connection.execute(select(_item.c.task).where(_item.c.id == item_id)).scalar_one()
            workflow = self._serializer.deserialize_json(state)
            before = {str(task.id) for task in _ready(workflow)}
            task = next(each for each in _ready(workflow) if str(each.id) == task_id)
            task.data.update(data)
            task.run()
            workflow.do_engine_steps()
            values = {"is_completed": workflow.is_completed(), "state": self._serializer.serialize_json(workflow)}
            connection.execute(update(_instance).where(_instance.c.id == instance_id).values(**values))
            connection.execute(update(_item).where(_item.c.id == item_id).values(is_open=False))
            return self._open(connection, instance_id, workflow, before)

    @staticmethod
    def _open(connection: Any, instance_id: int, workflow: BpmnWorkflow, before: set[str]) -> list[tuple[int, str]]:
        opened = []
        for task in _ready(workflow):
            if str(task.id) not in before:
                spec = task.task_spec
                values = {"instance_id": instance_id, "task": str(task.id), "element_id": spec.bpmn_id, "role": spec.lane, "is_open": True}
                item_id = connection.execute(insert(_item).values(**values).returning(_item.c.id)).scalar_one()
                opened.append((item_id, spec.bpmn_id))
        return opened

    def stored_bytes(self) -> int:
        """Bytes of state an instance, on average."""
        with self._database.reading() as connection:
            states = connection.execute(select(_instance.c.state)).scalars().all()
        return sum(len(state.encode()) for state in states) // max(1, len(states))


def _ready(workflow: BpmnWorkflow) -> list[Any]:
    ready: list[Any] = workflow.get_tasks(state=TaskState.READY, manual=True)
    return ready
