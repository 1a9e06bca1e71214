"""Where the files of exports lie, and for how long: `data_folder/exports/<workspace>/<ledger>/file`, a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from dougong.config import Settings
from dougong.jobs.sweeping import remove_older

KEPT: Final = timedelta(hours=24)
FILE: Final = "file"


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
    return remove_older(settings.data_folder / "exports", KEPT)
