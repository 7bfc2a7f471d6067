"""The only importer of SpiffWorkflow: reads and lints diagrams, runs them, keeps their state. Knows no database and no people."""
