"""Receiving the file of an import: kept as it came, refused early where it can be seen to be none.

It lies in the data folder until its records are written, at most a week.
"""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from dougong.config import Settings
from dougong.jobs.sweeping import remove_older
from engines.kernel.problems import Problem, Rejected

KEPT: Final = timedelta(days=7)
LIMIT: Final = 50 * 1024 * 1024
TEXTS: Final = (".csv", ".txt", ".tsv")
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
SOURCE: Final = "source"


def store_upload(folder: Path, name: str, stream: IO[bytes]) -> Path:
    """Keep an uploaded file; its kind is told by its name. Raises `Rejected` for another kind, nothing, or too much."""
    suffix = Path(f"x{name}").suffix.lower()
    if suffix not in (*TEXTS, *WORKBOOKS):
        message = "Choose a CSV or Excel file (.csv, .xlsx)"
        raise Rejected(Problem("import.file_kind", "file", message, {"name": name[:80]}))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{SOURCE}{suffix}"
    size = 0
    with path.open("wb") as file:
        while block := stream.read(1 << 20):
            size += len(block)
            if size > LIMIT:
                break
            file.write(block)
    if size > LIMIT or size == 0:
        shutil.rmtree(folder, ignore_errors=True)
        if size == 0:
            raise Rejected(Problem("import.file_empty", "file", "The file is empty", {"name": name[:80]}))
        message = f"The file is larger than {LIMIT // 1024**2} MB; split it"
        raise Rejected(Problem("import.file_large", "file", message, {"limit": LIMIT // 1024**2}))
    return path


def source_of(folder: Path) -> Path:
    """The uploaded file of an import. Raises `Rejected` where it is gone."""
    found = next(iter(sorted(folder.glob(f"{SOURCE}.*"))), None)
    if found is None:
        raise Rejected(Problem("import.file_gone", "file", "The file is no longer there; upload it again", {}))
    return found


def sweep(settings: Settings) -> int:
    """Remove the files of imports that nobody went on with for a week, in every workspace; tells how many."""
    return remove_older(settings.data_folder / "imports", KEPT)
