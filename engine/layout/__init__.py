"""Gives a BPMN file coordinates: for files that come without them. A person may move things afterwards."""

from engine.layout.writing import lay_out

__all__ = ["lay_out"]
