"""Scenarios: a case told in YAML, run through the real services on a clock of its own (`diagrams/how-to/scenarios.md`).

`reader` reads, `store` makes the throw-away company, `player` acts, `looking` compares, `report` says what came of it.
"""
