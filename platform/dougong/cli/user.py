"""`dougong user add | password`: the first administrator of a server, and one who has lost the password."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.identity.first import add_administrator, password_path
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces


def add_parser(commands: Subparsers) -> None:
    """Add the command with its own commands."""
    parser = commands.add_parser("user", help="make an administrator, or a link for a new password")
    inner = parser.add_subparsers(dest="user_command", required=True, metavar="COMMAND")
    add = inner.add_parser("add", help="make somebody an administrator; makes the workspace where it is missing")
    add.add_argument("email")
    add.add_argument("--name", required=True, help="how the person is called")
    add.add_argument("--workspace", default="main", help="the workspace's key (main)")
    add.add_argument("--title", default="", help="what a new workspace is called")
    add.set_defaults(run=_add)
    password = inner.add_parser("password", help="a link for a new password: it works once, for 24 hours")
    password.add_argument("email")
    password.set_defaults(run=_password)


def _add(options: argparse.Namespace, settings: Settings) -> int:
    with _workspaces(settings) as workspaces:
        info, path = add_administrator(workspaces, options.workspace, options.title, options.email, options.name)
    print(f"{options.email} is an administrator of {info.title} ({info.key}). Open: {settings.url}{path}")
    return 0


def _password(options: argparse.Namespace, settings: Settings) -> int:
    with _workspaces(settings) as workspaces:
        path = password_path(workspaces, options.email)
    print(f"Open: {settings.url}{path}")
    return 0


@contextmanager
def _workspaces(settings: Settings) -> Iterator[Workspaces]:
    engine = make_engine(str(with_servers(settings, redis=False).database_url), pool_size=2)
    try:
        yield Workspaces(engine, box=Box(read_secret_keys(settings)))
    finally:
        engine.dispose()
