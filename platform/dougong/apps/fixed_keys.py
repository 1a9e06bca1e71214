"""Keys that are fixed: an element's key is its identity once it was published (DESIGN D7), only labels are renamed.

A save that puts another key on the same thing in the same place would take a column with its values away and make an
empty one. It is refused. Taking something out and adding something else are two steps, which the plan tells.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engines.kernel.documents import Document
from engines.kernel.keyed import list_keys, same
from engines.kernel.labels import label
from engines.kernel.problems import Problem


def renamed_keys(published: Document | None, before: Document | None, after: Document, locale: str) -> list[Problem]:
    """A problem for each published element that `after` calls by another key than `before` did.

    `before` is what was saved last, `published` what is in force; what only the draft knows may be renamed.
    """
    if published is None or before is None:
        return []
    return list(_renamed(published, before, after, locale, ""))


def _renamed(published: Any, before: Any, after: Any, locale: str, path: str) -> Iterator[Problem]:
    if isinstance(published, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in published.keys() & before.keys() & after.keys():
            yield from _renamed(
                published[name], before[name], after[name], locale, f"{path}.{name}" if path else str(name)
            )
        return
    if not all(_keyed(each) for each in (published, before, after)):
        return
    fixed = {one["key"]: one for one in published}
    was, now = ({one["key"]: one for one in each} for each in (before, after))
    for old, new in zip(before, after, strict=False):
        gone, fresh = old["key"], new["key"]
        if gone != fresh and gone in fixed and gone not in now and fresh not in was and _alike(old, new):
            name = label(old.get("label") or old.get("title"), locale) or gone
            message = (
                f'"{name}" was published, so its key "{gone}" is fixed: change its name, or remove it and add another'
            )
            params = {"key": gone, "given": fresh, "name": name}
            yield Problem("designer.key_fixed", f"{path}.{fresh}.key", message, params)
    for key in fixed.keys() & was.keys() & now.keys():
        yield from _renamed(fixed[key], was[key], now[key], locale, f"{path}.{key}")


def _keyed(value: Any) -> bool:
    """Whether this is a list of things with keys, not of names of others."""
    return isinstance(value, list) and bool(list_keys(value)) and all(isinstance(one, Mapping) for one in value)


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two elements are one thing under two keys: the same kind with the same name, or the same in all else."""
    rest = [{name: value for name, value in each.items() if name != "key"} for each in (old, new)]
    if same(*rest) and any(rest):
        return True
    named = [each.get("label") or each.get("title") for each in (old, new)]
    return bool(named[0]) and same(*named) and old.get("type") == new.get("type")
