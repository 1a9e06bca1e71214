"""`dougong worker`: what runs behind the pages."""

import argparse

from dougong.cli.main import Subparsers
from dougong.cli.servers import require_schema, with_servers
from dougong.config import Settings
from dougong.jobs import worker


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("worker", help="run a worker: events, timers, deliveries, jobs")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Work until told to stop."""
    settings = with_servers(settings)
    require_schema(settings)
    return worker.main(settings)
