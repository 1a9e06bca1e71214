"""Where a problem stands, in the words of the form: `Freight`, `Lines · Row 3 · Quantity`.

A sentence such as "Enter a number" is clear beside its field and tells nothing in the list above the form.
"""

import re
from collections.abc import Iterable
from typing import Final

from dougong.web.i18n import gettext
from engines.form.form import Form
from engines.kernel.problems import NotFound, Problem

_STEP: Final = re.compile(r"^(?P<key>\w+)(?:\[(?P<row>\d+)\])?$")


def places(form: Form, problems: Iterable[Problem], locale: str) -> dict[str, str]:
    """The place of every problem by its path; the field is left out where the sentence itself names it."""
    return {one.path: place for one in problems if (place := _place(form, one, locale))}


def _place(form: Form, problem: Problem, locale: str) -> str:
    words: list[str] = []
    path = ""
    for step in problem.path.split("."):
        found = _STEP.match(step)
        if found is None:
            break
        path = f"{path}.{found['key']}" if path else found["key"]
        try:
            name = form.at(path).label(locale)
        except NotFound:
            break  # a part of a value (the end of a period, a currency): its field is named already
        if name not in problem.message:
            words.append(name)
        if found["row"] is not None:
            words.append(gettext("Row %(number)s", number=int(found["row"]) + 1))
    return " · ".join(words)
