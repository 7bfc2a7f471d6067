"""`python -m engine.cli`: the same as the command `guicheng`."""

from engine.cli import main

main()
