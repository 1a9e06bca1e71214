"""The guard functions that generated SQL calls: schema `dg`, made by the host's migration."""

from pathlib import Path

GUARD_FILES = ("dg.sql", "context.sql")
"""The files beside this one, in the order in which they are run."""

DG_SQL = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in GUARD_FILES)
"""Creates the schema and its functions; may be run again."""
