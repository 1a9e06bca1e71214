"""What every answer says to the browser: a strict content policy with a nonce of the request, and its companions."""

import secrets

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'",
    "script-src 'self' 'nonce-{nonce}'",
    "style-src 'self' 'nonce-{nonce}'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "frame-src 'self'{frames}",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
)
YEAR = 31_536_000
API_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Vary", "Cookie, Accept-Language, Authorization"),
)
"""Of answers that no browser draws: one piece for all, without a nonce."""


def csp_nonce() -> str:
    """The nonce of this request, for a `<script type="application/json">` or a `<style>` of colours chosen by users."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _headers(response: Response) -> Response:
    headers = response.headers
    if request.path.startswith("/api/"):
        present = {name.lower() for name, _ in headers}
        headers.extend([pair for pair in API_HEADERS if pair[0].lower() not in present])
        if request.is_secure:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        return response
    # A page may embed those of hosts that an administrator allowed; `g.frame_hosts` names them for this one answer.
    frames = "".join(f" https://{host}" for host in g.get("frame_hosts", ()))
    headers.setdefault("Content-Security-Policy", "; ".join(POLICY).format(nonce=csp_nonce(), frames=frames))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    if request.path.startswith("/static/dist/assets/") and response.status_code in (200, 304):
        # The names carry a digest of the contents.
        headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    elif not request.path.startswith("/static/"):
        # A page is of one person; a browser may not show it to the next one on the same machine.
        headers.setdefault("Cache-Control", "no-cache, private")
        response.vary.update(("HX-Request", "Cookie", "Accept-Language"))
    return response


def install(app: Flask) -> None:
    """Put the headers on every answer of the application."""
    app.after_request(_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
