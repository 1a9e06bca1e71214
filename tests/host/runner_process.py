"""A runner in a process of its own, to be killed: its one consumer writes a row for every event it was told."""

import sys
import time

from sqlalchemy import text

from dougong.db.engine import make_engine
from dougong.jobs.consumers import Event
from dougong.jobs.runner import Runner
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import Transaction


def effect(tx: Transaction, event: Event) -> None:
    """Write the effect in the transaction that acknowledges the delivery."""
    statement = text("INSERT INTO effect (event_id, record_id, version) VALUES (:event, :record, :version)")
    tx.connection.execute(statement, {"event": event.id, "record": event.record_id, "version": event.version})


def main() -> None:
    """Serve until killed: `runner_process.py <database url> <workspace key>`."""
    engine = make_engine(sys.argv[1], pool_size=2)
    workspaces = Workspaces(engine)
    runner = Runner(engine, workspaces, lambda _workspace, _job, _attempt: None, {"test": effect})
    info = workspaces.get(sys.argv[2])
    while True:
        if not runner.serve(info):
            time.sleep(0.05)


if __name__ == "__main__":
    main()
