"""`python -m engine.drawing [PROCEDURES] [PICTURES]`: writes the pictures of all procedures and says which changed."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.drawing.pictures import write_pictures

_ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Write `bpmn/` to `diagrams/` unless told otherwise; 2 for wrong use."""
    if len(arguments) > 2:
        sys.stderr.write("usage: python -m engine.drawing [PROCEDURES] [PICTURES]\n")
        return 2
    folders = [Path(argument) for argument in arguments]
    procedures = folders[0] if folders else _ROOT / "bpmn"
    pictures = folders[1] if len(folders) > 1 else _ROOT / "diagrams"
    for path in write_pictures(procedures, pictures):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
