"""Sealing what must not be readable in the database (D18), with the installation's secret keys.

The first key seals, every key opens, so a key is replaced by putting a new one before it. What is sealed says which key
sealed it. `digest` is a keyed hash that stands beside a sealed value where it must be found again.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from engines.kernel.problems import Problem, Rejected

VERSION: Final = "v1"
_SIZE: Final = 32


class Box:
    """Seals texts with the first of the keys and opens them with any. Made once per process."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("a box needs a key")
        self._boxes = {_name(key): SecretBox(_derived(key, b"box")) for key in keys}
        self._digests = {_name(key): _derived(key, b"digest") for key in keys}
        self._first = _name(keys[0])

    @property
    def names(self) -> str:
        """The names of the keys, which tell nothing of them, the first one first."""
        return ",".join(self._boxes)

    def seal(self, text: str) -> str:
        """The text as nobody can read it: `v1.<key>.<sealed>`. The same text never looks the same twice."""
        sealed = self._boxes[self._first].encrypt(text.encode())
        return f"{VERSION}.{self._first}.{base64.urlsafe_b64encode(bytes(sealed)).decode().rstrip('=')}"

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `Rejected` (`vault.no_key`) where the key is gone or the text was tampered with."""
        version, _, rest = sealed.partition(".")
        name, _, body = rest.partition(".")
        box = self._boxes.get(name)
        if version != VERSION or box is None:
            raise _unreadable()
        try:
            return box.decrypt(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))).decode()
        except (CryptoError, binascii.Error, ValueError) as error:
            raise _unreadable() from error

    def is_current(self, sealed: str) -> bool:
        """Whether the first key sealed it; else it waits for rotation."""
        return sealed.startswith(f"{VERSION}.{self._first}.")

    def digest(self, text: str, purpose: str) -> bytes:
        """32 bytes that are the same for the same text and purpose, under the first key."""
        return self._hashed(self._first, text, purpose)

    def digests(self, text: str, purpose: str) -> tuple[bytes, ...]:
        """The digest under every key, the first one first: for a search while keys are being replaced."""
        return tuple(self._hashed(name, text, purpose) for name in self._digests)

    def _hashed(self, name: str, text: str, purpose: str) -> bytes:
        message = purpose.encode() + b"\0" + text.encode()
        return hmac.new(self._digests[name], message, hashlib.sha256).digest()


def _derived(key: str, purpose: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=_SIZE, person=b"dougong." + purpose).digest()


def _name(key: str) -> str:
    """Eight characters that tell keys apart and nothing about them."""
    return hashlib.blake2b(key.encode(), digest_size=4, person=b"dougong.name").hexdigest()


def _unreadable() -> Rejected:
    message = "This value was sealed with a key that the installation no longer has"
    return Rejected(Problem("vault.no_key", "DOUGONG_SECRET_KEYS", message))
