"""What has to be mended before a draft can be published: each place by its labels, and where it is mended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from dougong.designer.telling import kindly
from dougong.web.design.words import Words, kind_title
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import translate
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing: `where` as people call it, `url` opens it, blank where no page does."""

    problem: Problem
    where: str
    url: str
    message: str


def to_mend(app: str, problems: Iterable[Problem], words: Words, earlier: Words) -> list[Mend]:
    """The problems of a plan. `words` say the state to be, with what goes; `earlier` the state in force."""
    found = list(problems)
    return [
        Mend(one, place_of(words, one.path), mend_url(app, words, one.path), _gone(earlier, one) or said.message)
        for one, said in zip(found, translate(kindly(found), current_locale()), strict=True)
    ]


def both(before: Mapping[Address, Document], after: Mapping[Address, Document]) -> dict[Address, Document]:
    """The documents to be with the fields that go, so that a name is found for what comes and for what leaves."""
    found = {**before, **after}
    for address, now in after.items():
        if address[0] == "form" and address in before:
            found[address] = {**now, "fields": _all_fields(before[address], now)}
    return found


def _all_fields(was: Document, now: Document) -> list[Document]:
    old = {one["key"]: one for one in was.get("fields", ())}
    stay = [
        {**one, "fields": _all_fields(old[one["key"]], one)} if "fields" in one and one["key"] in old else one
        for one in now.get("fields", ())
    ]
    return [*stay, *(one for key, one in old.items() if key not in {each["key"] for each in stay})]


def place_of(words: Words, path: str) -> str:
    """A path `form.repair.rules.r1.when` as people call it: `Repair › Ask for a reason › When`."""
    kind, key, at = _parts(path)
    if (kind, key) not in words.documents:
        return path
    name = words.document(kind, key)
    if kind != "form":  # a dataset or a group may be called like the form that it is about
        name = f"{kind_title(kind, words.locale)} {name}"
    return " › ".join(part for part in (name, words.place(kind, key, at)) if part)


def mend_url(app: str, words: Words, path: str) -> str:
    """Where a place is mended: in the designer of its form, opened there; blank for what no page changes."""
    kind, key, at = _parts(path)
    if kind == "form" and key:
        return f"/design/{app}/form/{key}" + (f"?at={quote(at)}" if at else "")
    if kind == "dashboard" and key:
        return f"/a/{app}/d/{key}"
    form = words.documents.get((kind, key), {}).get("form")
    return f"/design/{app}/form/{form}" if isinstance(form, str) else ""


def _parts(path: str) -> tuple[str, str, str]:
    kind, _, rest = path.partition(".")
    key, _, at = rest.partition(".")
    return kind, key, at


def _gone(earlier: Words, problem: Problem) -> str:
    """Instead of a key: the label of what somebody still speaks of though it goes."""
    form, path = str(problem.params.get("key", "")), str(problem.params.get("path", ""))
    place = path.removeprefix("fields.").replace(".fields.", ".")
    if problem.code != "reference.unknown_place" or problem.params.get("kind") != "form":
        return ""
    label_ = earlier.field(form, place)
    return "" if label_ == place else gettext("uses “%(field)s”, which goes", field=label_)
