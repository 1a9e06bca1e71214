"""The RQ side of a worker: forks a process for each job, so that a job can be killed and gives its memory back."""

import redis
from rq import Worker

from dougong.config import Settings

QUEUE = "dougong"


def main(settings: Settings) -> None:
    """Serve the queue until told to stop. Needs `redis_url`."""
    if settings.redis_url is None:
        raise RuntimeError("a worker needs REDIS_URL")
    client = redis.Redis.from_url(settings.redis_url)
    Worker([QUEUE], connection=client).work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main(Settings.from_environ())
