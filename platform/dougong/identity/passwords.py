"""Passwords: argon2id, and what makes a password good enough."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engines.kernel.problems import Problem, Rejected

SHORTEST = 8
LONGEST = 200
# What OWASP recommends where memory counts (19 MiB, twice): the library's own 64 MiB would double a web process.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_WEAK = frozenset(
    {"12345678", "123456789", "1234567890", "11111111", "00000000", "66666666", "88888888", "5201314520", "abcd1234"}
    | {"password", "password1", "passw0rd", "qwertyui", "qwertyuiop", "1qaz2wsx", "iloveyou", "admin123", "a1234567"}
    | {"a12345678", "woaini520", "woaini1314"}
)


def fold_email(text: str) -> str:
    """The one spelling of an e-mail address under which an account is kept."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def check_password(password: str, email: str = "", path: str = "password") -> list[Problem]:
    """What is wrong with a new password: too short, too long, one that everybody tries first."""
    if len(password) < SHORTEST:
        message = f"A password needs at least {SHORTEST} characters"
        return [Problem("password.too_short", path, message, {"length": SHORTEST})]
    if len(password) > LONGEST:
        message = f"A password has at most {LONGEST} characters"
        return [Problem("password.too_long", path, message, {"length": LONGEST})]
    if password.casefold() in _WEAK or password.casefold() in (email, email.partition("@")[0]):
        return [Problem("password.too_common", path, "This password is too easy to guess; choose another")]
    return []


def hash_password(password: str, email: str = "", path: str = "password") -> str:
    """The hash to store. Raises `Rejected` for a password that is not good enough."""
    problems = check_password(password, email, path)
    if problems:
        raise Rejected(problems)
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """Checked where there is no account, so that an answer takes as long as for one that exists."""
    return _HASHER.hash("nobody has this password")


def verify_password(password: str, stored: str | None) -> bool:
    """Whether this is the password. Takes as long without a stored hash as with one."""
    try:
        _HASHER.verify(stored or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
