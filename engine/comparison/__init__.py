"""What is different between two packages of a procedure, element by element and file by file. Pure: bytes in, values out."""

from engine.comparison.comparing import Comparison, compare
from engine.comparison.values import Change, ElementChange, FileChange, Property

__all__ = ["Change", "Comparison", "ElementChange", "FileChange", "Property", "compare"]
