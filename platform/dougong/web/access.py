"""Who sends this request: a person by their session, a program by its key."""

from flask import g, session

from dougong.identity.access import Access
from dougong.web.sessions import BrowserSession


def current_access() -> Access | None:
    """Whose request this is; None before sign-in. A key (see `dougong.web.api.base`) comes before the session."""
    by_key: Access | None = g.get("key_access")
    if by_key is not None:
        return by_key
    return session.access if isinstance(session._get_current_object(), BrowserSession) else None  # type: ignore[attr-defined]
