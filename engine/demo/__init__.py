"""The example company: fills an empty store from `bpmn/demo`, deploys our procedures and lets the company work for some days."""

from engine.demo.filling import DemoRefusedError, DemoUnfinishedError, fill, fill_year, is_filled, sign_ins

__all__ = ["DemoRefusedError", "DemoUnfinishedError", "fill", "fill_year", "is_filled", "sign_ins"]
