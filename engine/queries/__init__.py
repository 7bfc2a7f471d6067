"""The read side: one Core select a list, into frozen dataclasses. Reads tables only; never loads a workflow, never writes."""
