"""`dougong up`: everything on this machine."""

import argparse
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec

from dougong.cli.main import Subparsers
from dougong.config import Settings
from dougong.embedded.supervisor import AlreadyRunning, Supervisor

DEMO = "dougong.demo"


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("up", help="start everything and stay")
    parser.add_argument("--port", type=int, help="port of the web server (0: any free one)")
    parser.add_argument("--host", help="address of the web server (default: this machine only)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Start, stay, stop. A second start says where the first runs, which is no failure."""
    given = {name: getattr(options, name) for name in ("port", "host") if getattr(options, name) is not None}
    print(f"斗拱 Dougong {version('dougong')}", flush=True)
    supervisor = Supervisor(replace(settings, **given), say, has_demo=find_spec(DEMO) is not None)
    try:
        return supervisor.run()
    except AlreadyRunning as error:
        say(str(error))
        return 0


def say(line: str) -> None:
    """A line for the person at the terminal, at once even through a pipe."""
    print(line, flush=True)
