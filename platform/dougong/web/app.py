"""The web application: everything that a request passes through, put together in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis
from flask import Flask, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.vault.box import Box
from dougong.web import errors, health, i18n, limits, login, logs, numbers, preview, render, security, shell, statics
from dougong.web.api import base as api
from dougong.web.blocks import first_steps
from dougong.web.blueprints import API_SECTIONS, BLUEPRINTS
from dougong.web.sessions import BrowserSessions
from dougong.web.templating import KeyedEnvironment
from dougong.workspace.bell import RedisBell
from dougong.workspace.transactions import Workspaces
from engines.kernel.problems import Problem, Rejected

MEGABYTE = 1024 * 1024
UPLOAD_LIMIT = 50 * MEGABYTE

csrf = CSRFProtect()


def create_app(settings: Settings, *, engine: Engine | None = None, config: Mapping[str, Any] | None = None) -> Flask:
    """The application for these settings. `engine` is given by tests; else one is made for `settings.database_url`.

    Raises `Rejected` where there is no database to talk to.
    """
    if engine is None:
        if settings.database_url is None:
            raise Rejected(Problem("settings.no_database", "DATABASE_URL", "Say where the database is: DATABASE_URL"))
        engine = make_engine(settings.database_url, pool_size=max(10, settings.threads), application="dougong web")
    logs.configure(settings.log_level)
    here = Path(__file__).parent
    app = Flask("dougong.web", root_path=str(here), template_folder="jinja", static_folder="static")
    app.jinja_environment = KeyedEnvironment
    keys = read_secret_keys(settings)
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=list(keys[1:]),
        SESSION_COOKIE_SECURE=settings.url.startswith("https:"),
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
        MAX_FORM_MEMORY_SIZE=8 * MEGABYTE,  # fields of a record with its sub-form rows
        MAX_FORM_PARTS=50_000,
        WTF_CSRF_CHECK_DEFAULT=False,  # we ask ourselves: programs with a key send no cookie and need no token
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # the token is enough; a proxy may change the scheme
        TRAP_HTTP_EXCEPTIONS=False,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.config.update(config or {})
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if settings.proxies:
        number = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, number, number, number, number)  # type: ignore[method-assign]
    _connect(app, settings, engine, keys)
    for part in (
        numbers,
        logs,
        errors,
        security,
        i18n,
        api,
        login,
        preview,
        render,
        shell,
        health,
        statics,
        first_steps,
    ):
        part.install(app)
    csrf.init_app(app)
    app.before_request(_check_form)
    limits.install(app, settings.redis_url)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _check_form() -> None:
    """Refuse a change that did not come from one of our pages, unless a program sends it with its key.

    Public pages have no session; they check what they carry themselves (`dougong.web.pages.public_base`).
    """
    if not api.is_program() and request.blueprint != "public":
        csrf.protect()


def _connect(app: Flask, settings: Settings, engine: Engine, keys: tuple[str, ...]) -> None:
    """What requests need from outside, under names that `dougong.web.request` knows."""
    url = settings.redis_url
    app.extensions["dougong_settings"] = settings
    app.extensions["dougong_engine"] = engine
    app.extensions["dougong_workspaces"] = Workspaces(engine, RedisBell(url) if url else None, Box(keys))
    app.extensions["dougong_api_sections"] = API_SECTIONS
    app.extensions["dougong_box"] = Box(keys)
    app.extensions["dougong_redis"] = (
        redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) if url else None
    )

    def describe() -> tuple[str, str]:
        return request.user_agent.string, request.remote_addr or ""

    app.session_interface = BrowserSessions(engine, keys, describe)
