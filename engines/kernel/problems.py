"""What goes wrong, as values: one problem names its kind, its place and what the person who can mend it should do.

Programs read `code` and `params`, people read `message` in their language. Messages written here are English; the
catalogues of the host translate them by `code` (see `dougong.web.problems`), so `params` must hold every value that
the sentence shows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `code` is stable and dotted (`number.too_large`); `path` names the place (`lead.amount`, `lines[3].qty`,
    `nodes.manager.people`); `message` is an English sentence; `params` holds what the sentence shows.
    """

    code: str
    path: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def under(self, prefix: str) -> "Problem":
        """The same problem seen from one level further out: `amount` under `lines[3]` is `lines[3].amount`."""
        if not prefix:
            return self
        joint = "" if not self.path or self.path.startswith("[") else "."
        return replace(self, path=f"{prefix}{joint}{self.path}")

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows in the list of a problem document."""
        return {"code": self.code, "path": self.path, "message": self.message, "params": dict(self.params)}


class ProblemError(Exception):
    """Base of the errors that a caller can mend. Carries problems and the HTTP status that fits them."""

    status = 422

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.message}" if p.path else p.message for p in self.problems))


class Rejected(ProblemError):
    """The input is wrong; nothing was changed."""

    status = 422


class Forbidden(ProblemError):
    """The actor may not do this."""

    status = 403


class NotFound(ProblemError):
    """There is no such thing, or the actor may not know of it."""

    status = 404


class Conflict(ProblemError):
    """Somebody else changed the same thing meanwhile, or the thing is in a state that does not allow this."""

    status = 409


def suggest(name: str, known: Iterable[str]) -> str:
    """A half-sentence that offers the nearest known name, or nothing: `, did you mean "number"?`."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f', did you mean "{near[0]}"?' if near else ""
