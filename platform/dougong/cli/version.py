"""`dougong version`."""

import argparse
from importlib.metadata import version

from dougong.cli.main import Subparsers
from dougong.config import Settings


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    commands.add_parser("version", help="print the version").set_defaults(run=run)


def run(_options: argparse.Namespace, _settings: Settings) -> int:
    """Print it."""
    print(version("dougong"))
    return 0
