"""`dougong keys status | rotate`: which keys there are, and sealing everything with the first of them."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dougong.apps.sealing import Progress
from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.vault.box import Box
from dougong.vault.rotation import Waiting, rotate, waiting
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import list_workspaces
from engines.form.transaction import SYSTEM


def add_parser(commands: Subparsers) -> None:
    """Add the command with its own commands."""
    parser = commands.add_parser("keys", help="show what lies under older secret keys, and seal it with the first one")
    inner = parser.add_subparsers(dest="keys_command", required=True, metavar="COMMAND")
    status = inner.add_parser("status", help="count what older keys sealed, by workspace")
    status.set_defaults(run=_status)
    turn = inner.add_parser(
        "rotate", help="seal with the first key what older keys sealed; may be broken off and repeated"
    )
    turn.set_defaults(run=_rotate)


def _status(_: argparse.Namespace, settings: Settings) -> int:
    left = 0
    with _workspaces(settings) as (workspaces, box):
        print(keys_there(len(box.names.split(","))))
        with workspaces.engine.begin() as connection:
            every = list_workspaces(connection)
        for info in every:
            with workspaces.begin(info, SYSTEM, origin="system") as tx:
                found = waiting(tx, box)
            left += bool(found)
            print(f"{info.key}: {told(found)}")
    return 1 if left else 0


def _rotate(_: argparse.Namespace, settings: Settings) -> int:
    left = 0
    with _workspaces(settings) as (workspaces, box):
        with workspaces.engine.begin() as connection:
            every = list_workspaces(connection)
        for info in every:
            found = rotate(workspaces, info, _show)
            left += bool(found)
            print(f"{info.key}: {told(found)}")
    if not left and "," in box.names:
        print("The older keys are no longer needed: remove them and start the processes again")
    return 1 if left else 0


def keys_there(count: int) -> str:
    """How many keys there are."""
    return "1 key, which seals" if count == 1 else f"{count} keys, the first one seals"


def told(found: Waiting) -> str:
    """What waits for the first key in a workspace."""
    if not found:
        return "everything is sealed with the first key"
    counts = [
        (found.values, "value", "values"),
        (found.history, "line of history", "lines of history"),
        (found.secrets, "secret", "secrets"),
        (found.links, "link", "links"),
    ]
    return "under older keys: " + ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)


def _show(progress: Progress) -> None:
    sys.stderr.write(f"{progress.step}\n")


@contextmanager
def _workspaces(settings: Settings) -> Iterator[tuple[Workspaces, Box]]:
    engine = make_engine(str(with_servers(settings, redis=False).database_url), pool_size=2)
    box = Box(read_secret_keys(settings))
    try:
        yield Workspaces(engine, box=box), box
    finally:
        engine.dispose()
