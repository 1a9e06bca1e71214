"""What is measured on: an installation of our own, a form of 11 fields (two indexed), 100,000 records, a key."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.browser import WIDE
from bench.clients import Wire
from dougong.db.engine import make_engine
from dougong.embedded import postgres
from dougong.identity.accounts import ensure_account, set_membership, set_password
from dougong.identity.keys import SCOPES, create_key
from dougong.identity.members import ensure_member
from dougong.identity.stamp import people_changed
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace
from engines.form.transaction import SYSTEM

HOST: Final = "127.0.0.1"
STATES: Final = ("open", "offered", "won", "lost", "void")
REGIONS: Final = ("north", "south", "east", "west")
FIRST_DAY: Final = date(2025, 1, 1)
BATCH: Final = 10_000
EMAIL: Final = "bench@example.com"
PASSWORD: Final = "bench-password"


def _field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), **more}


FORM: Final[dict[str, Any]] = {
    "kind": "form",
    "key": "deal",
    "title": "Deal",
    "title_field": "name",
    "fields": [
        _field("name", "text", required=True),
        _field("code", "text"),
        _field("state", "choice", options={"choices": [{"key": key} for key in STATES]}),
        _field("region", "text"),
        _field("amount", "money"),
        _field("qty", "number"),
        _field("rate", "number", options={"decimals": 4}),
        _field("due", "date"),
        _field("done", "boolean"),
        _field("phone", "text"),
        _field("note", "textarea"),
    ],
}
DATASET: Final[dict[str, Any]] = {"kind": "dataset", "key": "deals", "form": "deal", "title": "Deals"}


@dataclass(frozen=True, slots=True)
class World:
    """An installation that runs. `base` is the address of the form's records."""

    port: int
    token: str
    database: str
    schema: str
    role: str
    owner: str
    pid: int
    base: str = "/api/v1/apps/bench/forms/deal/records"
    table: str = "bench__deal"

    def wire(self) -> Wire:
        """A new connection to the public API."""
        return Wire(HOST, self.port, self.token)


def row(number: int) -> dict[str, Any]:
    """The values of the record with this number; the same in every run."""
    chance = random.Random(number)
    return {
        "name": f"Deal {number} of {chance.choice(('Aurora', 'Borealis', 'Castor', 'Draco'))} Ltd",
        "code": f"D-{number:07}",
        "state": chance.choice(STATES),
        "region": chance.choice(REGIONS),
        "amount": f"{chance.randrange(100, 10_000_000) / 100:.2f}",
        "qty": chance.randrange(1, 500),
        "rate": f"{chance.random():.4f}",
        "due": (FIRST_DAY + timedelta(days=chance.randrange(365))).isoformat(),
        "done": chance.random() < 0.3,
        "phone": f"138{chance.randrange(10**8):08}",
        "note": f"Called on Monday, offer {chance.randrange(1000)} sent; they compare with two others.",
    }


@contextmanager
def world(records: int, *, workers: int, port: int) -> Iterator[tuple[World, float]]:
    """The installation with its records, and how many rows a second the bulk load made; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dgbench", ignore_cleanup_errors=True) as folder:
        environ = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
            "DOUGONG_DATA": folder,
            "DOUGONG_DEMO": "0",
            "DOUGONG_WORKERS": str(workers),
            "DOUGONG_LOG_LEVEL": "warning",
        }
        log = (Path(folder) / "bench.log").open("w")
        server = subprocess.Popen(  # our own program
            [sys.executable, "-m", "dougong.cli", "up", "--port", str(port)], env=environ, stdout=log, stderr=log
        )
        try:
            _wait(port, server)
            made = _enter(Path(folder), port, server.pid)
            _publish(made)
            rate = load(made, records)
            _settle(made)
            yield made, rate
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            log.close()


def load(made: World, records: int, first: int = 0) -> float:
    """Load records through the public API in calls of 10,000; gives rows per second, without the making of rows."""
    seconds = 0.0
    with closing(made.wire()) as wire:
        for start in range(first, first + records, BATCH):
            rows = [row(number) for number in range(start, min(start + BATCH, first + records))]
            body = json.dumps({"rows": rows}).encode()
            began = time.perf_counter()
            wire.call("POST", f"{made.base}/bulk", body)
            seconds += time.perf_counter() - began
    return records / seconds


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError("the server ended; is the port taken?")
        try:
            with closing(http.client.HTTPConnection(HOST, port, timeout=2)) as connection:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _enter(folder: Path, port: int, pid: int) -> World:
    """A workspace with one administrator and a key."""
    found = postgres.find(folder)
    if found is None:
        raise RuntimeError("no database runs")
    engine = make_engine(found.url(), pool_size=1)
    try:
        info: WorkspaceInfo = create_workspace(engine, "bench", "Bench")
        with engine.begin() as connection:
            account = ensure_account(connection, EMAIL, "Bench")
            set_password(connection, account.id, PASSWORD)
        with Workspaces(engine).begin(info, SYSTEM, origin="system") as tx:
            member = ensure_member(tx, "Bench", EMAIL, account_id=account.id, is_admin=True)
            people_changed(tx)  # as in every workspace where somebody was given a role or a department
        with engine.begin() as connection:
            set_membership(connection, account.id, info.id, member, is_admin=True)
            token = create_key(connection, info.id, member, "bench", SCOPES)
    finally:
        engine.dispose()
    url = found.url().replace("+psycopg", "", 1)
    return World(port, token, url, info.schema, info.role, info.owner_role, pid)


def _settle(made: World) -> None:
    """What autovacuum does within a minute after a load: the planner knows the table, pages are known to be full."""
    with psycopg.connect(made.database, autocommit=True) as connection:
        connection.execute(f"SET ROLE {made.owner}")
        connection.execute(f"VACUUM ANALYZE {made.schema}.{made.table}")


def _publish(made: World) -> None:
    with closing(made.wire()) as wire:

        def send(method: str, path: str, body: Mapping[str, Any]) -> Any:
            return json.loads(wire.call(method, f"/api/v1/apps{path}", json.dumps(body).encode()))

        send("POST", "", {"key": "bench"})
        draft = send("POST", "/bench/drafts", {"title": "Bench"})["id"]
        for document in (FORM, DATASET, WIDE):
            told = send("PUT", f"/bench/drafts/{draft}/documents/{document['kind']}/{document['key']}", document)
            if told["problems"]:
                raise RuntimeError(str(told))
        send("POST", f"/bench/drafts/{draft}/publish", {})
