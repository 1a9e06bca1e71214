"""Where a form, a field or an option is used: the places of an app's documents that speak of it, with their links."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.plan import still_says
from dougong.web.design.words import Words, kind_title
from engines.formula import parse
from engines.formula.syntax import Apply, Literal, Member, Syntax
from engines.kernel.keyed import MISSING, get, locate, walk
from engines.kernel.layers import Effective
from engines.kernel.problems import Rejected
from engines.kernel.whereused import Use, WhereUsed, graph


@dataclass(frozen=True, slots=True)
class Used:
    """One place that speaks of something."""

    kind: str
    key: str
    at: str
    kind_title: str
    title: str
    place: str
    url: str

    def as_dict(self) -> dict[str, str]:
        """The shape that scripts get."""
        return asdict(self)


class Uses:
    """Answers over one state of an app's documents."""

    def __init__(self, app: str, words: Words) -> None:
        self.app = app
        self.words = words
        self.graph: WhereUsed = graph(Effective(words.documents), DOCUMENT_KINDS)

    def of(self, kind: str, key: str, path: str = "") -> list[Used]:
        """Who speaks of a document (what it says of itself left out) or of a place in it.

        `fields.state.options.choices.open` is an option: the places that speak of its field and name the option.
        """
        field, mark, option = path.partition(".options.choices.")
        if not mark:
            return self.told(self.graph.users(kind, key, path, outside=not path))
        found = self.told([use for use in self.graph.users(kind, key, field) if self._names(use, option)])
        body: Any = self.words.documents.get((kind, key), {})
        default = get(body, (*(locate(body, field) or (field,)), "default"))
        if isinstance(default, str) and option in _literals(default):
            found.insert(0, self._used(kind, key, f"{field}.default"))
        return found

    def still(self, after: Effective, found: list[Used]) -> list[Used]:
        """Those that speak of it in the same words in another state too."""
        before = Effective(self.words.documents)
        uses = {(use.kind, use.key, use.at): use for many in self.graph.uses.values() for use in many}
        known = ((one, uses.get((one.kind, one.key, one.at))) for one in found)
        return [one for one, use in known if use is None or still_says(before, after, use)]

    def told(self, uses: Any) -> list[Used]:
        """Uses in words, each place once."""
        places = dict.fromkeys((use.kind, use.key, use.at) for use in uses)
        return [self._used(*place) for place in places]

    def _used(self, kind: str, key: str, at: str) -> Used:
        title = self.words.document(kind, key)
        said = kind_title(kind, self.words.locale)
        return Used(kind, key, at, said, title, self.words.place(kind, key, at), self._url(kind, key, at))

    def _url(self, kind: str, key: str, at: str) -> str:
        if kind == "form":
            view = at.removeprefix("views.").partition(".")[0] if at.startswith("views.") else ""
            return f"/a/{self.app}/{key}?view={view}" if view else f"/design/{self.app}/form/{key}"
        if kind == "dashboard":
            return f"/a/{self.app}/d/{key}"
        form = self.words.documents.get((kind, key), {}).get("form")
        return f"/design/{self.app}/form/{form}" if isinstance(form, str) else ""

    def _names(self, use: Use, option: str) -> bool:
        """Whether the place, beside the field, names the option."""
        document: Mapping[str, Any] = self.words.documents[use.kind, use.key]
        path = locate(document, use.at)
        value = get(document, path) if path is not None else MISSING
        if value is MISSING:
            value = get(document, tuple(use.at.split("."))[:2])
        texts = [text for _, text in walk(value) if isinstance(text, str)]
        return any(text == option or option in _literals(text) for text in texts)


def _literals(text: str) -> set[str]:
    """The texts between quotation marks in an expression; what is no expression has none."""
    try:
        syntax = parse(text)
    except Rejected:
        return set()
    return set(_texts(syntax))


def _texts(syntax: Syntax) -> list[str]:
    match syntax:
        case Literal(value=str() as text):
            return [text]
        case Apply(arguments=arguments):
            return [text for one in arguments for text in _texts(one)]
        case Member(owner=owner):
            return _texts(owner)
    return []
