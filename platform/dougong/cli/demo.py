"""`dougong demo`: the demo workspace, made once; prints its accounts as JSON for `dougong up`."""

import argparse
import json
from importlib import import_module
from importlib.util import find_spec

from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.cli.up import DEMO
from dougong.config import Settings
from engines.kernel.problems import Forbidden, NotFound, Problem


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="make the demo workspace and print its accounts")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Make it where it is missing. `dougong.demo.ensure(settings)` gives (email, password, title) for each account.

    Raises `Forbidden` where others than this machine can reach the web server: demo passwords are known to all (D18).
    """
    if not settings.is_loopback:
        message = f"Demo accounts are made only where this machine alone can sign in, not on {settings.host}"
        raise Forbidden(Problem("demo.reachable", "", message, {"host": settings.host}))
    if find_spec(DEMO) is None:
        raise NotFound(Problem("demo.missing", "", "This installation brings no demo workspace"))
    accounts = import_module(DEMO).ensure(with_servers(settings))
    print(json.dumps([dict(zip(("email", "password", "title"), account, strict=True)) for account in accounts]))
    return 0
