"""The catalogue that service tasks of diagrams may call. Each operator is carried out in the committing transaction."""
