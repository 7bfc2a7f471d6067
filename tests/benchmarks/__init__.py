"""How fast it is, against a naive SpiffWorkflow store in the same run. `python -m tests.benchmarks`; not part of the tests."""
