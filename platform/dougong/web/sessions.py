"""Sessions of browsers. Before sign-in a small signed cookie; after it a row of the control schema.

The cookie of a signed-in browser is a random token of which the database knows the digest: what a browser sends can be
forged as little as guessed, and signing out ends it on the server.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine
from werkzeug.datastructures import CallbackDict

from dougong.identity import sessions as store
from dougong.identity.access import Access

COOKIE = "dg_session"
ANONYMOUS_SECONDS = 24 * 3600
ACCOUNT_KEY = "_user_id"  # Flask-Login's


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """What Flask calls the session; `access` is whose it is."""

    def __init__(
        self,
        initial: dict[str, Any],
        token: str | None = None,
        access: Access | None = None,
        *,
        skipped: bool = False,
    ) -> None:
        super().__init__(initial, BrowserSession._changed)
        self.token = token
        self.access = access
        self.owner = initial.get(ACCOUNT_KEY)
        self.modified = False
        self.accessed = False
        self.stale = False
        self.skipped = skipped

    def _changed(self) -> None:
        self.modified = True


class BrowserSessions(SessionInterface):
    """Reads and writes the sessions of an application's requests."""

    def __init__(self, engine: Engine, secret_keys: tuple[str, ...], describe: Callable[[], tuple[str, str]]) -> None:
        self.engine = engine
        self.secret_keys = secret_keys
        self.describe = describe  # browser and address of the request

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(list(reversed(self.secret_keys)), salt="dougong.session")

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002 - Flask's signature
        """The session of a request; an empty one where the cookie is missing, forged or of an ended session."""
        cookie = request.cookies.get(COOKIE, "")
        if request.path.startswith("/static/") or "Authorization" in request.headers:
            return BrowserSession({}, skipped=True)
        if cookie.startswith("s."):
            opened = store.open_session(self.engine, cookie)
            if opened is not None:
                found = {**opened.data, ACCOUNT_KEY: str(opened.access.account_id)}
                result = BrowserSession(found, cookie, opened.access)
                result.stale = opened.stale
                return result
        elif cookie:
            try:
                return BrowserSession(dict(self._signer.loads(cookie, max_age=ANONYMOUS_SECONDS)))
            except (BadSignature, ValueError, TypeError):
                return BrowserSession({})
        return BrowserSession({})

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed. A sign-in gets a fresh token; a sign-out ends the row."""
        if not isinstance(session, BrowserSession):
            raise TypeError("the session of another interface")
        if session.skipped:  # never looked at, so nothing may take the place of what the browser holds
            return
        account = session.get(ACCOUNT_KEY)
        data = {key: value for key, value in session.items() if key != ACCOUNT_KEY}
        if account != session.owner and session.token is not None:
            store.end_session(self.engine, session.token)
        if account is None:
            if session.owner is not None or session.modified:
                self._put(app, response, self._signer.dumps(data) if data else None, None)
            return
        if account != session.owner:
            agent, address = self.describe()
            token = store.create_session(self.engine, int(account), data, agent=agent, address=address)
            self._put(app, response, token, data)
        elif session.modified or session.stale:
            store.save_session(self.engine, str(session.token), data)
            self._put(app, response, session.token, data)

    def _put(self, app: Flask, response: Response, value: str | None, data: dict[str, Any] | None) -> None:
        if value is None:
            response.delete_cookie(COOKIE, path="/", samesite="Lax", httponly=True)
            return
        remembered = data is not None and bool(data.get("remember"))
        response.set_cookie(
            COOKIE,
            value,
            max_age=int(store.LONG.total_seconds()) if remembered else None,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=bool(app.config["SESSION_COOKIE_SECURE"]),
        )
