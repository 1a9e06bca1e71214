"""Who else is at the same thing now, for pages that several people edit. Kept in Redis for a moment, loss allowed."""

import json
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import Any, Final

import redis
from flask import current_app

ALIVE: Final = 40  # seconds after which somebody who said nothing has left


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody at the same thing; `since_save` is how many seconds ago they saved, None if they did not."""

    id: int
    name: str
    since_save: int | None


def say_here(place: str, member_id: int, name: str, *, saved: bool = False) -> list[Here]:
    """Tell that this person is at `place`, and learn who else is; nobody where there is no Redis."""
    client: redis.Redis | None = current_app.extensions["dougong_redis"]
    if client is None:
        return []
    key, now = f"dg:here:{place}", int(time())
    with suppress(redis.RedisError, OSError):
        stored: Any = client.hgetall(key)
        known = {int(one): json.loads(body) for one, body in stored.items()}
        mine = known.pop(member_id, {})
        body = {"name": name, "at": now, "saved": now if saved else mine.get("saved")}
        client.hset(key, str(member_id), json.dumps(body))
        client.expire(key, 3600)
        return [
            Here(one, body["name"], now - body["saved"] if body.get("saved") else None)
            for one, body in sorted(known.items())
            if now - body["at"] <= ALIVE
        ]
    return []


def say_gone(place: str, member_id: int) -> None:
    """Tell that this person has left."""
    client: redis.Redis | None = current_app.extensions["dougong_redis"]
    if client is not None:
        with suppress(redis.RedisError, OSError):
            client.hdel(f"dg:here:{place}", str(member_id))
