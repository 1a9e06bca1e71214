"""The one place where an engine (a pool of connections) is made."""

from functools import lru_cache
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

RECYCLE_SECONDS = 30 * 60  # a pooled connection gives back what its session has piled up (D13)
BEGIN_OPTION = "dougong_begin"  # execution option: the message that begins this connection's transactions
TAG_OPTION = "dougong_tag"  # execution option: the comment that leads every statement
BEGIN_RESULT = "dougong_begin_row"  # key in `Connection.info`: the last row that the beginning message gave


class QuickCursor(psycopg.Cursor[Any]):
    """A cursor whose description is plain tuples of name and type: SQLAlchemy asks for it once per statement and
    reads nothing else of it, and psycopg's own columns look each type up."""

    @property
    def description(self) -> list[Any] | None:
        """What DB-API asks for, with blanks where nobody looks."""
        result = self.pgresult
        if result is None or not result.nfields:
            return None
        names = [(result.fname(place) or b"").decode() for place in range(result.nfields)]
        return [(name, result.ftype(place), None, None, None, None, None) for place, name in enumerate(names)]


@lru_cache(maxsize=256)
def database_of(engine: Engine) -> str:
    """What tells databases apart in memory. Hashing an address takes longer than many a statement."""
    return str(engine.url)


def make_engine(url: str, *, pool_size: int = 10, application: str = "dougong") -> Engine:
    """An engine whose transactions begin with a message of our choice, in one round trip.

    Driver connections are in autocommit and `begin` is sent by us: `BEGIN`, or what the execution option
    `BEGIN_OPTION` says (several statements in one message; the last row is left in `Connection.info`). COMMIT stays
    SQLAlchemy's. With the isolation level AUTOCOMMIT nothing is begun.
    """
    address = make_url(url)
    engine = sa.create_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        json_serializer=_dump,
        json_deserializer=orjson.loads,
        connect_args={
            "autocommit": True,
            "application_name": application,
            "cursor_factory": QuickCursor,
            "options": "-c timezone=UTC -c jit=off -c datestyle=ISO",
            "prepare_threshold": 3,
            "connect_timeout": 10,
        },
    )
    event.listen(engine, "connect", _prepare_many)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "before_cursor_execute", _tag, retval=True)
    return engine


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()


def _prepare_many(raw: Any, _record: object) -> None:
    raw.prepared_max = 400


def _begin(connection: Connection) -> None:
    """Send the message. Errors are the driver's own (psycopg), as the message is not a statement of SQLAlchemy's."""
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    driver: Any = connection.connection.dbapi_connection
    if not driver.autocommit:  # SQLAlchemy turns it off when a connection was used with AUTOCOMMIT before
        driver.autocommit = True
    message = options.get(BEGIN_OPTION)
    if message is None:
        connection.exec_driver_sql("BEGIN")
        return
    with driver.cursor() as cursor:
        cursor.execute(message, prepare=False)
        while cursor.nextset():
            pass
        connection.info[BEGIN_RESULT] = cursor.fetchone()


def _tag(
    connection: Connection, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool
) -> tuple[str, Any]:
    tag = connection.get_execution_options().get(TAG_OPTION)
    return (f"{tag} {statement}" if tag else statement), parameters
