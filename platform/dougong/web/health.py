"""What machines ask: does it live, and how busy is it."""

import time

import redis
from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dougong.web.login import public
from dougong.web.request import engine

health_pages = Blueprint("health", __name__)
REQUESTS = Counter("dougong_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram("dougong_request_seconds", "Time to answer a request", ["endpoint"])
LOOPBACK = ("127.0.0.1", "::1")


@health_pages.get("/health")
@public
def health() -> tuple[Response, int]:
    """200 while the database answers. Without Redis the product goes on, only later: that is told, not failed."""
    database = _database()
    bell = _redis()
    status = "ok" if database and bell else "degraded" if database else "down"
    body = {"status": status, "database": "ok" if database else "down", "redis": "ok" if bell else "down"}
    return jsonify(body), 200 if database else 503


@health_pages.get("/metrics")
@public
def metrics() -> Response:
    """Figures of this process for Prometheus, to the same machine only (a proxy is not the same machine)."""
    if request.remote_addr not in LOOPBACK or "X-Forwarded-For" in request.headers:
        abort(404)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    try:
        with engine().begin() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    except OSError:
        return False
    return True


def _redis() -> bool:
    client: redis.Redis | None = current_app.extensions["dougong_redis"]
    try:
        return client is not None and bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "unknown"
    if endpoint != "static":
        REQUESTS.labels(endpoint, request.method, response.status_code).inc()
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.get("started", time.perf_counter()))
    return response


def install(app: Flask) -> None:
    """Count the requests of the application."""
    app.after_request(_count)
