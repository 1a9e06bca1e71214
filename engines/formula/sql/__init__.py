"""The guard functions that generated SQL calls: schema `dg`, made by the host's migration."""

from pathlib import Path

DG_SQL = (Path(__file__).parent / "dg.sql").read_text(encoding="utf-8")
"""Creates the schema and its functions; may be run again."""
