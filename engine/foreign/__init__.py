"""Diagrams and forms that other designers' tools wrote, made into a procedure's folder of ours. Nothing of them is run, and nothing that
isn't ours is kept without being named.
"""

from engine.foreign.bringing import Brought, bring_in
from engine.foreign.notes import Note, Outcome

__all__ = ["Brought", "Note", "Outcome", "bring_in"]
