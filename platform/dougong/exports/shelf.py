"""Where the files of exports lie, and for how long: `data_folder/exports/<workspace>/<ledger>/file`, a day."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from dougong.config import Settings

KEPT: Final = timedelta(hours=24)
FILE: Final = "file"
SWEEP_SECONDS: Final = 600


def file_of(settings: Settings, workspace: str, export_id: int) -> Path:
    """Where the file of an export lies or will lie."""
    return settings.data_folder / "exports" / workspace / str(export_id) / FILE


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sweep(settings: Settings) -> int:
    """Remove what is older than a day, in every workspace, also what killed attempts left; tells how many."""
    removed = 0
    for folder in (settings.data_folder / "exports").glob("*/*"):
        try:
            age = time.time() - folder.stat().st_mtime
        except FileNotFoundError:  # another worker was faster
            continue
        if age > KEPT.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


class Sweeper:
    """Sweeps when it is asked, once in ten minutes at most."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last: float | None = None

    def look(self) -> None:
        """Sweep where it is time."""
        now = time.monotonic()
        if self._last is None or now - self._last > SWEEP_SECONDS:
            self._last = now
            sweep(self._settings)
