"""What is measured: each case as calls of the public API, and beside it the same work in raw SQL."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter as perf
from typing import Any, Final

import psycopg

from bench.clients import Step
from bench.world import FIRST_DAY, STATES, World, row

Make = Callable[[World, int], Callable[[int], Step]]
COLUMNS: Final = tuple(row(0))
SYSTEM: Final = "_version, _created_at, _created_by, _updated_at, _updated_by, _owner, _dept, _flow_state"
READ: Final = f"SELECT id, {SYSTEM}, _deleted_at, {', '.join(COLUMNS)} FROM bench__deal"
LOG: Final = (
    "INSERT INTO _change (form, record_id, version, at, origin, kind, old) "
    "VALUES ('bench__deal', %s, %s, now(), 'api', %s, %s)"
)
EVENT: Final = (
    "INSERT INTO _event (at, type, app, form, record_id, version, payload, origin) "
    "VALUES (now(), %s, 'bench', 'deal', %s, 1, %s, 'api')"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: how a client of the API does it, and how a client of the database does."""

    name: str
    api: Make
    raw: Make


def connect(world: World) -> "psycopg.Connection[Any]":
    """A connection inside the workspace, as its transactions are; each statement is prepared from the third time on."""
    connection: psycopg.Connection[Any] = psycopg.connect(world.database, autocommit=True, prepare_threshold=3)
    connection.execute(f"SET ROLE {world.role}")
    connection.execute(f"SET search_path TO {world.schema}")
    return connection


def _create_api(world: World, _records: int) -> Callable[[int], Step]:
    def make(client: int) -> Step:
        wire = world.wire()
        bodies = [json.dumps({"values": row(10**7 + client * 1000 + n)}).encode() for n in range(500)]
        return lambda n: _none(wire.call("POST", world.base, bodies[n % 500]))

    return make


def _create_raw(world: World, _records: int) -> Callable[[int], Step]:
    insert = (
        f"INSERT INTO bench__deal ({', '.join(COLUMNS)}, _version, _created_at, _updated_at) "
        f"VALUES ({', '.join(['%s'] * len(COLUMNS))}, 1, now(), now()) RETURNING id"
    )

    def make(client: int) -> Step:
        connection = connect(world)
        rows = [tuple(row(10**7 + client * 1000 + n).values()) for n in range(500)]
        payloads = [json.dumps(row(n)) for n in range(500)]

        def step(n: int) -> None:
            with connection.transaction():
                one = connection.execute(insert, rows[n % 500]).fetchone()
                number = one[0] if one else 0
                connection.execute(LOG, (number, 1, "created", None))
                connection.execute(EVENT, ("record.created", number, payloads[n % 500]))

        return step

    return make


def _read_api(world: World, records: int) -> Callable[[int], Step]:
    def make(client: int) -> Step:
        wire, chance = world.wire(), random.Random(client)
        return lambda _: _none(wire.call("GET", f"{world.base}/{chance.randrange(1, records)}"))

    return make


def _read_raw(world: World, records: int) -> Callable[[int], Step]:
    def make(client: int) -> Step:
        connection, chance = connect(world), random.Random(client)
        query = f"{READ} WHERE id = %s"
        return lambda _: _none(connection.execute(query, (chance.randrange(1, records),)).fetchone())

    return make


def _update_api(world: World, records: int) -> Callable[[int], Step]:
    def make(client: int) -> Step:
        wire, chance = world.wire(), random.Random(client)

        def step(n: int) -> None:
            values = {"amount": chance.randrange(10**6), "note": f"Changed {n}"}
            body = json.dumps({"values": values}).encode()
            wire.call("PATCH", f"{world.base}/{chance.randrange(1, records)}", body)

        return step

    return make


def _update_raw(world: World, records: int) -> Callable[[int], Step]:
    change = (
        "UPDATE bench__deal SET amount = %s, note = %s, _version = _version + 1, _updated_at = now() "
        "WHERE id = %s RETURNING _version"
    )

    def make(client: int) -> Step:
        connection, chance = connect(world), random.Random(client)

        def step(n: int) -> None:
            number = chance.randrange(1, records)
            values = (chance.randrange(10**6), f"Changed {n}")
            with connection.transaction():
                connection.execute(f"{READ} WHERE id = %s FOR UPDATE", (number,)).fetchone()
                one = connection.execute(change, (*values, number)).fetchone()
                connection.execute(LOG, (number, one[0] if one else 0, "updated", '{"amount": "1", "note": "x"}'))
                connection.execute(EVENT, ("record.updated", number, '{"old": {}, "new": {"note": "x"}}'))

        return step

    return make


def _window(chance: random.Random) -> tuple[str, str, str]:
    first = FIRST_DAY + timedelta(days=chance.randrange(340))
    return chance.choice(STATES), first.isoformat(), (first + timedelta(days=20)).isoformat()


def _list_api(world: World, _records: int) -> Callable[[int], Step]:
    def make(client: int) -> Step:
        wire, chance = world.wire(), random.Random(client)

        def step(_: int) -> None:
            state, first, last = _window(chance)
            conditions = [
                {"field": "state", "op": "eq", "value": state},
                {"field": "due", "op": "between", "value": [first, last]},
            ]
            body = json.dumps({"filter": {"and": conditions}, "sort": ["-amount"], "limit": 20}).encode()
            wire.call("POST", f"{world.base}/query", body)

        return step

    return make


def _list_raw(world: World, _records: int) -> Callable[[int], Step]:
    where = "WHERE _deleted_at IS NULL AND state = %s AND due BETWEEN %s AND %s"
    count = f"SELECT count(*) FROM (SELECT 1 FROM bench__deal {where} LIMIT 10001) AS found"
    page = f"{READ} {where} ORDER BY amount DESC, id DESC LIMIT 21"

    def make(client: int) -> Step:
        connection, chance = connect(world), random.Random(client)

        def step(_: int) -> None:
            window = _window(chance)
            connection.execute(count, window).fetchone()
            connection.execute(page, window).fetchall()

        return step

    return make


def _report(dimension: dict[str, Any], group: str) -> tuple[Make, Make]:
    question = {
        "dataset": "deals",
        "dimensions": [{"key": "d", **dimension}],
        "measures": [{"key": "n", "aggregate": "count"}, {"key": "s", "aggregate": "sum", "field": "amount"}],
    }
    body = json.dumps(question).encode()
    sql = f"SELECT {group} AS d, count(*), sum(amount) FROM bench__deal WHERE _deleted_at IS NULL GROUP BY 1 ORDER BY 1"

    def api(world: World, _records: int) -> Callable[[int], Step]:
        def make(_: int) -> Step:
            wire = world.wire()
            return lambda _: _none(wire.call("POST", "/api/v1/apps/bench/reports/query", body))

        return make

    def raw(world: World, _records: int) -> Callable[[int], Step]:
        def make(_: int) -> Step:
            connection = connect(world)
            return lambda _: _none(connection.execute(sql).fetchall())

        return make

    return api, raw


def _none(_: object) -> None:
    return None


CASES: Final = (
    Case("read one", _read_api, _read_raw),
    Case("list 20 of 100,000, two filters, sorted, total", _list_api, _list_raw),
    Case("grouped report by state", *_report({"field": "state"}, "state")),
    Case("grouped report by month", *_report({"field": "due", "granularity": "month"}, "date_trunc('month', due)")),
    Case("create one", _create_api, _create_raw),
    Case("update one", _update_api, _update_raw),
)


def raw_bulk(world: World, records: int) -> float:
    """Rows per second of the same load in raw SQL: COPY into the table, the change log set-based, one commit."""
    names = ", ".join(COLUMNS)
    rows = [tuple(row(2 * 10**7 + number).values()) for number in range(records)]
    seconds = 0.0
    with connect(world) as connection:
        for start in range(0, records, 10_000):
            began = perf()
            with connection.transaction(), connection.cursor() as cursor:
                last = cursor.execute("SELECT coalesce(max(id), 0) FROM bench__deal").fetchone()
                statement = f"COPY bench__deal ({names}, _version, _created_at, _updated_at) FROM STDIN"
                with cursor.copy(statement) as copy:
                    for one in rows[start : start + 10_000]:
                        copy.write_row((*one, 1, "2026-01-01", "2026-01-01"))
                cursor.execute(
                    "INSERT INTO _change (form, record_id, version, at, origin, kind) "
                    "SELECT 'bench__deal', id, 1, now(), 'api', 'created' FROM bench__deal WHERE id > %s",
                    last,
                )
            seconds += perf() - began
    return records / seconds
