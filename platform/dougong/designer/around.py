"""The forms around the one that is designed, as its panels need them: what fields are called, what kind of value
they hold, where they lead and which options they have. By these everything that names a field is chosen by label."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engines.form.fields.links import DEPARTMENT, MEMBER
from engines.form.people import PEOPLE
from engines.form.sysfields import system_fields
from engines.kernel.documents import Document
from engines.kernel.keyed import Address

MOST_CHOICES: Final = 100
"""More options of a field are not told; a condition on it is then written."""
LEADS: Final[Mapping[str, str]] = {
    "member": MEMBER,
    "members": MEMBER,
    "department": DEPARTMENT,
    "departments": DEPARTMENT,
}
MANY: Final = ("members", "departments")
_KEPT: Final = ("of", "path", "result", "percent")


def forms_around(documents: Mapping[Address, Document]) -> list[dict[str, Any]]:
    """Every form with its fields (those of rows below them), the people forms last and marked `system`.

    Labels are in all languages: the page chooses. Documents may be unfinished, so nothing here expects more of a field
    than its key and its type.
    """
    bodies = [body for (kind, _), body in sorted(documents.items(), key=lambda item: item[0]) if kind == "form"]
    sets = {name: body.get("choices", ()) for (kind, name), body in documents.items() if kind == "option_set"}
    return [
        {
            "key": body["key"],
            "title": body.get("title", body["key"]),
            "fields": list(_fields(body.get("fields", ()), sets)),
            **({"system": True} if body in PEOPLE else {}),
        }
        for body in (*bodies, *PEOPLE)
    ]


def system_names(locale: str) -> list[dict[str, Any]]:
    """The fields that every record has: number, owner, department, who and when."""
    return [
        {"key": key, "label": one.label(locale), "type": one.type.key, **_way(one.type.key, {})}
        for key, one in system_fields("").items()
    ]


def named_around(documents: Mapping[Address, Document]) -> dict[str, list[dict[str, Any]]]:
    """What settings of fields name besides fields: calendars, and connectors with their calls and inputs."""
    found: dict[str, list[dict[str, Any]]] = {"calendars": [], "connectors": []}
    for (kind, key), body in sorted(documents.items(), key=lambda item: item[0]):
        if kind == "calendar":
            found["calendars"].append({"key": key, "title": body.get("title", key)})
        elif kind == "connector":
            calls = [
                {"key": call["key"], "title": call.get("title", call["key"]), "inputs": _titled(call.get("inputs", ()))}
                for call in body.get("calls", ())
            ]
            found["connectors"].append({"key": key, "title": body.get("title", key), "calls": calls})
    return found


def _titled(things: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"key": one["key"], "title": one.get("title", one["key"])} for one in things]


def _fields(specs: Sequence[Any], sets: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for spec in specs:
        if not isinstance(spec, Mapping) or "key" not in spec or "type" not in spec:
            continue
        options = spec.get("options")
        options = options if isinstance(options, Mapping) else {}
        told = {"key": spec["key"], "label": spec.get("label", spec["key"]), "type": spec["type"]}
        told |= {name: options[name] for name in _KEPT if name in options}
        told |= _way(spec["type"], options)
        offered = options.get("choices") or options.get("stages") or sets.get(str(options.get("set")), ())
        if choices := choices_told(offered):
            told["choices"] = choices
        if isinstance(spec.get("fields"), Sequence):
            told["fields"] = list(_fields(spec["fields"], sets))
        yield told


def choices_told(offered: Any) -> list[dict[str, Any]]:
    """Options by their keys and labels; none where there are more than a list to choose from could show."""
    return [{"key": one["key"], "label": one["label"]} for one in choices_whole(offered)]


def choices_whole(offered: Any) -> list[dict[str, Any]]:
    """Options with their colours, scores and all: what a field is given that takes over those of a shared set."""
    if not isinstance(offered, Sequence) or len(offered) > MOST_CHOICES:
        return []
    return [{"label": one["key"], **one} for one in offered if isinstance(one, Mapping) and "key" in one]


def _way(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Where a field leads: a form, or a sub-form of it; whether to several; and its list on the other side."""
    if kind in LEADS:
        return {"form": LEADS[kind], **({"many": True} if kind in MANY else {})}
    found = {name: options[name] for name in ("form", "rows", "many") if options.get(name)}
    reverse = options.get("reverse")
    if isinstance(reverse, Mapping) and reverse.get("key"):
        found["reverse"] = {"key": reverse["key"], "title": reverse.get("title", "")}
    return found if kind in ("relation", "cascade", "link") else {}
