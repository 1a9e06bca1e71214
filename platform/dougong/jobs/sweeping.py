"""Folders that jobs leave in the data folder, removed when their time is over."""

import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

SWEEP_SECONDS: Final = 600


def remove_older(place: Path, kept: timedelta) -> int:
    """Remove the folders `<workspace>/<number>` of a place into which nothing was put for so long; tells how many."""
    removed = 0
    for folder in place.glob("*/*"):
        try:
            age = time.time() - folder.stat().st_mtime
        except FileNotFoundError:  # another worker was faster
            continue
        if age > kept.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


class Sweeper:
    """Sweeps when it is asked, once in ten minutes at most."""

    def __init__(self, *sweeps: Callable[[], object]) -> None:
        self._sweeps = sweeps
        self._last: float | None = None

    def look(self) -> None:
        """Sweep where it is time."""
        now = time.monotonic()
        if self._last is None or now - self._last > SWEEP_SECONDS:
            self._last = now
            for sweep in self._sweeps:
                sweep()
