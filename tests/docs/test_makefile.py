"""What `make` does, read from what it would run: nothing is installed or built here."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = "pip --disable-pip-version-check -q install -c constraints.txt --no-build-isolation -e"

Plan = Callable[..., list[str]]


def make(folder: Path, *words: str) -> str:
    plain = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    words = ("make", *words)
    done = subprocess.run(words, cwd=folder, env=plain, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """`plan("run")`: the commands of a target on a machine where nothing is set up yet."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)

    def read(target: str) -> list[str]:
        return make(tmp_path, "-n", target).splitlines()

    return read


def in_order(lines: list[str], *wanted: str) -> bool:
    """Whether lines that hold these words follow each other in this order."""
    rest = iter(lines)
    return all(any(word in line for line in rest) for word in wanted)


def test_make_help_lists_every_target_with_its_words() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    listed = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", make(ROOT, "help"), re.MULTILINE))
    assert listed.keys() == {name for line in phony for name in line.split()}
    assert {"run", "test", "check", "help"} <= listed.keys()
    assert make(ROOT) == make(ROOT, "help")


def test_make_run_sets_everything_up_and_starts_it(plan: Plan) -> None:
    steps = (" -m venv .venv", f"{PACKAGES} '.[embedded]'", "platform/ui/build_ui.py", "exec .venv/bin/dougong up")
    assert in_order(plan("run"), *steps)
    assert not any("[embedded,dev]" in line for line in plan("run")), "what only tests need is not installed"
    assert plan("run")[-1] == "exec .venv/bin/dougong up", "Ctrl-C reaches the supervisor itself"


def test_make_test_sets_up_the_same_and_passes_all_tests(plan: Plan) -> None:
    lines = plan("test")
    assert lines[:5] == plan("run")[:5]
    environment = (" -m venv .venv", f"{PACKAGES} '.[embedded]'", f"{PACKAGES} '.[embedded,dev]'")
    assert in_order(lines, *environment, "platform/ui/build_ui.py", "tests/browser.py", "build_ui.py test", "-m pytest")
    (tests,) = (line for line in lines if "-m pytest" in line)
    assert not re.search(r"tests/| -k | -m (?!pytest)", tests), "nothing is left out"


def test_make_check_runs_linters_types_layers_and_the_tests(plan: Plan) -> None:
    tools = ("ruff check .", "ruff format --check .", "bin/mypy", "bin/lint-imports", "build_ui.py check")
    assert in_order(plan("check"), *tools, "make --no-print-directory test", "build_ui.py test", "-m pytest")


def test_continuous_integration_installs_a_browser_with_fonts_and_calls_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert in_order(lines, "set -eu", "chromium", "fonts-noto-cjk", "apt-get install", "exec make test")
    assert lines[-1] == "exec make test"
