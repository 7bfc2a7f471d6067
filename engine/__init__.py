"""The engine: runs a company's procedures from their diagrams. Knows nothing of Flask."""
