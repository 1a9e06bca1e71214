"""Problems of documents in the words of those who design: the labels on the way to the place, and what to fill in."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dougong.designer.panels import panels
from engines.kernel.documents import Document
from engines.kernel.keyed import Address, child
from engines.kernel.labels import label
from engines.kernel.problems import Problem

LISTS: Final = ("fields", "sections", "tabs", "rules", "views", "options", "related")
"""Properties that only hold others: they are left out of the name of a place."""


def kindly(found: Iterable[Problem]) -> list[Problem]:
    """The problems with "fill this in" instead of what a schema says of a blank."""
    return [_kindly(one) for one in found]


def _kindly(one: Problem) -> Problem:
    least = one.params.get("min")
    blank = one.code == "document.missing" or (one.code in ("document.too_short", "document.too_few") and least == 1)
    if blank and one.path.endswith("fields"):
        return Problem("designer.no_fields", one.path, "Put a first field here")
    return Problem("designer.fill_in", one.path, "Fill this in") if blank else one


def field_path(form: str, field: str) -> str:
    """The path of a field (`lines.qty` in a sub-form, empty for the form itself), as `place_name` takes it."""
    return f"form.{form}" + (f".fields.{field.replace('.', '.fields.')}" if field else "")


def place_name(documents: Mapping[Address, Document], path: str, locale: str) -> str:
    """A path `form.repair.fields.cost.default` as people call it: `Repair › Cost › Default`."""
    kind, _, rest = path.partition(".")
    key, _, inside = rest.partition(".")
    body: Any = documents.get((kind, key))
    if body is None:
        return path
    words = panels(locale)
    titles: dict[str, Any] = {**words["form"], **words["section"], **words["rule"], **words["field"]}
    settings = {one["key"]: one["options"] for one in words["types"]}
    parts = [label(body.get("title"), locale) or key]
    value = body
    for name in inside.split(".") if inside else ():
        if isinstance(value, dict) and isinstance(value.get("type"), str):
            titles = titles | settings.get(value["type"], {})
        value = child(value, name)
        own = label(value.get("label") or value.get("title"), locale) if isinstance(value, dict) else ""
        if own:
            parts.append(own)
        elif name not in LISTS:
            parts.append(titles.get(name, {}).get("title") or name)
    return " › ".join(parts)
