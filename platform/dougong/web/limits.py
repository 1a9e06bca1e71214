"""How often somebody may try: counted in Redis for all processes, in the process while Redis is away."""

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from dougong.identity.passwords import fold_email
from dougong.web.access import current_access

SIGN_IN_BY_ACCOUNT = "8 per 10 minutes"
SIGN_IN_BY_ADDRESS = "40 per 10 minutes"


class PageLimiter(Limiter):
    """Looks for limits on pages only: none stands on the API, and looking takes a tenth of a read there."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not (in_middleware and request.path.startswith("/api/")):
            super()._check_request_limit(callable_name, in_middleware)


limiter = PageLimiter(
    get_remote_address,
    strategy="moving-window",
    in_memory_fallback_enabled=True,
    swallow_errors=True,
    headers_enabled=False,
    key_prefix="dougong",
)


def by_account() -> str:
    """Counts the tries at one account from anywhere."""
    return f"account:{fold_email(request.form.get('email', ''))[:200]}"


def by_session() -> str:
    """Counts the tries of the person who has signed in."""
    who = current_access()
    return f"session:{who.account_id if who is not None else get_remote_address()}"


def failed(response: Response) -> bool:
    """Only tries that failed are counted: a successful sign-in answers with a redirect."""
    return response.status_code not in (301, 302, 303, 204)


def install(app: Flask, redis_url: str | None) -> None:
    """Count in the Redis of the settings."""
    uri = redis_url or "memory://"
    app.config.setdefault("RATELIMIT_STORAGE_URI", f"redis+{uri}" if uri.startswith("unix:") else uri)
    if redis_url:
        app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", {"socket_connect_timeout": 1, "socket_timeout": 1})
    limiter.init_app(app)
