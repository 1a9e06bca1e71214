"""Where a command writes its log: `var/log` for the supervisor, standard error for the parts."""

from dougong import log_lines
from dougong.config import Settings
from dougong.embedded import process


def configure(settings: Settings, *, to_file: bool) -> None:
    """Set logging up for this process. The parts write to standard error, which the supervisor puts into files."""
    target = None
    if to_file:
        process.make_data_folder(settings.data_folder)
        target = (process.make_folder(settings.data_folder / "log") / "up.log").open("a", encoding="utf-8")
    log_lines.configure(settings.log_level, target)
