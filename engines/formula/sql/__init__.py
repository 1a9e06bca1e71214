"""The guard functions that generated SQL calls: schema `dg`, made by the host's migration."""

from pathlib import Path

from engines.formula.texts import LOWER_LETTERS, SPACES, UPPER_LETTERS

DG_SQL = (
    (Path(__file__).parent / "dg.sql")
    .read_text(encoding="utf-8")
    .replace("@UPPER@", UPPER_LETTERS)
    .replace("@LOWER@", LOWER_LETTERS)
    .replace("@SPACES@", SPACES)
)
"""Creates the schema and its functions; may be run again."""
