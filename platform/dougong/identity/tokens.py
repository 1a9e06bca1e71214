"""Secrets that are handed out once: what is stored is only their SHA-256, so a stolen table opens no door."""

import hashlib
import secrets


def new_token(prefix: str = "") -> tuple[str, bytes]:
    """A fresh secret for the person and the digest for the table."""
    token = prefix + secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> bytes:
    """What the table holds of a secret."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
