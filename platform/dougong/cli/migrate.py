"""`dougong migrate`: the control schema, the guard functions, the system tables of every workspace."""

import argparse

from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.config import Settings
from dougong.db.engine import make_engine
from dougong.db.fingerprint import fingerprint
from dougong.db.migrate import migrate
from dougong.db.version import stamp
from dougong.workspace.workspaces import upgrade_workspaces


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("migrate", help="bring the database to this version")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Migrate; repeating it changes nothing."""
    engine = make_engine(str(with_servers(settings, redis=False).database_url), pool_size=1)
    try:
        done = migrate(engine)
        count = upgrade_workspaces(engine)
        stamp(engine, fingerprint())
    finally:
        engine.dispose()
    print(f"The database is at schema {done.schema}; {count} workspaces are up to date")
    return 0
