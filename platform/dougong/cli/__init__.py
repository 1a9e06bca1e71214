"""The command `dougong`."""

from dougong.cli.main import main

__all__ = ["main"]
