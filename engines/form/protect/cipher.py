"""What the form engine needs of whoever keeps the keys: sealing, opening, and digests by which a value is found again.

The host gives a `Cipher` to every transaction, and through it to the forms that are compiled in it. `Sealing` is a
cipher at one field: its digests are those of this field of this workspace and of no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from engines.form.folding import fold
from engines.kernel.problems import Problem, Rejected

SEALED: Final = "\x01"
"""Stands before what is sealed. No text that people enter begins with it, so a column tells by itself what it holds."""
COVERED: Final = "\x02"
"""Put before a sealed value by a statement whose reader may see it behind its mask only."""


class Cipher(Protocol):
    """Seals and opens texts of one workspace."""

    @property
    def keys(self) -> str:
        """What tells its keys apart from others, and nothing about them."""

    def seal(self, text: str) -> str:
        """The text as nobody can read it, by the first key."""

    def open(self, sealed: str) -> str:
        """What was sealed by any of the keys. Raises `Rejected` where the key is gone."""

    def is_current(self, sealed: str) -> bool:
        """Whether the first key sealed it."""

    def digests(self, text: str, purpose: str) -> tuple[str, ...]:
        """The keyed digest under every key, the first key's first."""


class Digest(str):
    """The digest that is written for a value; `every` are those that it may have under any of the keys."""

    every: tuple[str, ...]

    @classmethod
    def of(cls, digests: Sequence[str]) -> "Digest":
        """Of all the digests of a value, the first key's first."""
        made = cls(digests[0])
        made.every = tuple(digests)
        return made


def every_digest(value: Any) -> tuple[Any, ...]:
    """What a column may hold for a value that it is compared with: several while keys are being replaced."""
    return value.every if isinstance(value, Digest) else (value,)


@dataclass(frozen=True, slots=True)
class Sealing:
    """The cipher at one field. `purpose` names app, form and field; without a cipher nothing is written or read."""

    purpose: str
    label: str
    cipher: Cipher | None = None

    def seal(self, text: str) -> str:
        """What the column holds of a value."""
        return SEALED + self._cipher().seal(text)

    def open(self, stored: str) -> str:
        """The value of what a column or a line of the log holds; what is not sealed yet is the value itself."""
        return self._cipher().open(stored[1:]) if is_sealed(stored) else stored

    def digest(self, text: str) -> "Digest":
        """What is written beside the value: equal for values that count as the same (folded: width, case, blanks)."""
        return Digest.of(self.digests(text))

    def digests(self, text: str) -> tuple[str, ...]:
        """Every digest that the value may have while keys are being replaced."""
        return self._cipher().digests(fold(text), self.purpose)

    @property
    def replacing(self) -> bool:
        """Whether there are older keys, under which values may still lie: an index alone cannot tell twins then."""
        return len(self.digests("")) > 1

    def is_current(self, stored: str) -> bool:
        """Whether a column holds what the first key sealed."""
        return is_sealed(stored) and self._cipher().is_current(stored[1:])

    def _cipher(self) -> Cipher:
        if self.cipher is None:
            message = f"{self.label} is encrypted, and this installation has no keys here"
            raise Rejected(Problem("encrypted.no_keys", "", message, {"label": self.label}))
        return self.cipher


def is_sealed(stored: object) -> bool:
    """Whether a column holds a sealed value, and not the value itself."""
    return isinstance(stored, str) and stored.startswith(SEALED)


def seal_json(cipher: Cipher | None, value: Any) -> Any:
    """A JSON value that may hold values of encrypted fields, as it is kept; itself where there are no keys."""
    return value if cipher is None else SEALED + cipher.seal(orjson.dumps(value).decode())


def open_json(cipher: Cipher | None, kept: Any) -> Any:
    """What `seal_json` sealed; what was never sealed is the value itself."""
    return orjson.loads(cipher.open(kept[1:])) if cipher is not None and is_sealed(kept) else kept
