"""Versions of packs and the ranges in which they are asked for: `1.4.0`, `>=1.2 <2`."""

import re
from functools import total_ordering

from engines.kernel.problems import Problem, Rejected

_VERSION = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?")
_TERM = re.compile(r"(>=|<=|>|<|=)?\s*(\d+(?:\.\d+){0,2})")


@total_ordering
class Version:
    """A version of up to three numbers; what is left out is 0."""

    def __init__(self, text: str) -> None:
        """Raises `Rejected` for a text that is no version."""
        match = _VERSION.fullmatch(text)
        if match is None:
            message = f'"{text}" is no version: three numbers are expected, like 1.4.0'
            raise Rejected(Problem("pack.version", "version", message, {"version": text}))
        self.text = text
        self.parts = tuple(int(part or 0) for part in match.groups())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.parts == other.parts

    def __lt__(self, other: "Version") -> bool:
        return self.parts < other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __str__(self) -> str:
        return self.text


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version lies in a range: terms separated by blanks, all of which must hold; an empty range is any.

    Raises `Rejected` for a range that cannot be read.
    """
    rest = _TERM.sub("", wanted).replace(",", "").strip()
    if rest:
        message = f'"{wanted}" is no range of versions: something like ">=1.2 <2" is expected'
        raise Rejected(Problem("pack.range", "depends", message, {"range": wanted}))
    have = Version(version)
    return all(_holds(have, operator or "=", Version(bound)) for operator, bound in _TERM.findall(wanted))


def _holds(have: Version, operator: str, bound: Version) -> bool:
    return {
        ">=": have >= bound,
        "<=": have <= bound,
        ">": have > bound,
        "<": have < bound,
        "=": have == bound,
    }[operator]
