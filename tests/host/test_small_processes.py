"""No process carries what it does not use: heavy libraries belong to jobs, which end (DESIGN D17)."""

import json
import subprocess
import sys

import pytest

HEAVY = frozenset(
    {"alembic", "chinese_calendar", "openpyxl", "pandas", "pypinyin", "pytest", "python_calamine", "statsmodels",
     "weasyprint", "xlsxwriter"}
)  # fmt: skip
SCRIPT = """
import json, sys
from importlib import import_module
import_module(sys.argv[1])
import psutil
used = psutil.Process().memory_full_info()
print(json.dumps([sorted(set(name.partition('.')[0] for name in sys.modules)), used.uss]))
"""


def load(module: str) -> tuple[set[str], float]:
    """What a fresh process has loaded after importing `module`, and the megabytes that are its own."""
    words = [sys.executable, "-c", SCRIPT, module]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    modules, size = json.loads(done.stdout)
    return set(modules), size / 1024**2


def test_a_web_process_loads_nothing_that_belongs_to_jobs() -> None:
    modules, _ = load("dougong.cli.wsgi")
    assert modules & HEAVY == set()


def test_a_worker_loads_nothing_that_belongs_to_jobs() -> None:
    modules, _ = load("dougong.jobs.worker")
    assert modules & HEAVY == set()


@pytest.mark.parametrize("module", ["dougong.cli.up", "dougong.cli.serve"])
def test_what_only_starts_others_loads_no_database_library(module: str) -> None:
    modules, size = load(module)
    assert modules & (HEAVY | {"flask", "sqlalchemy", "redis"}) == set()
    assert size < 45
