"""Ringing for the runners after COMMIT. Loss is allowed: a sweep finds what the bell missed (DESIGN D2)."""

from contextlib import suppress

import redis

KEY = "dougong:bell"  # a list of workspace numbers: runners BRPOP it
KEEP = 10_000  # without a runner the list does not grow for ever


class RedisBell:
    """Tells waiting runners at once which workspace has work. Never raises: the rows in the database are the truth."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)

    def ring(self, workspace_id: int) -> None:
        """Ring for one workspace."""
        with suppress(redis.RedisError, OSError), self._client.pipeline(transaction=False) as pipe:
            pipe.lpush(KEY, workspace_id)
            pipe.ltrim(KEY, 0, KEEP - 1)
            pipe.execute()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
