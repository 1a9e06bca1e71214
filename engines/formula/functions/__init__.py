"""The functions of the language, in plain sight: families in the order of the documentation."""

import unicodedata

from engines.formula.functions import (
    aggregate,
    calendar,
    change,
    date,
    drawn,
    lists,
    logic,
    matching,
    mathematics,
    money_context,
    people,
    periods,
    pieces,
    reference,
    rounding,
    rows,
    scores,
    text,
    tiers,
    whole,
)
from engines.formula.functions.base import Function
from engines.formula.functions.operators import OPERATOR_LIST
from engines.kernel.registry import Registry

FUNCTIONS: Registry[Function] = Registry(
    "function",
    [
        *logic.FUNCTIONS,
        *aggregate.FUNCTIONS,
        *rows.FUNCTIONS,
        *tiers.FUNCTIONS,
        *whole.FUNCTIONS,
        *rounding.FUNCTIONS,
        *mathematics.FUNCTIONS,
        *money_context.FUNCTIONS,
        *text.FUNCTIONS,
        *pieces.FUNCTIONS,
        *matching.FUNCTIONS,
        *lists.FUNCTIONS,
        *scores.FUNCTIONS,
        *date.FUNCTIONS,
        *periods.FUNCTIONS,
        *calendar.FUNCTIONS,
        *drawn.FUNCTIONS,
        *reference.FUNCTIONS,
        *people.FUNCTIONS,
        *change.FUNCTIONS,
    ],
)
OPERATORS: dict[str, Function] = {operator.key: operator for operator in OPERATOR_LIST}


def _names() -> dict[str, Function]:
    names: dict[str, Function] = {}
    for function in FUNCTIONS:
        for name in (function.key, *function.aliases):
            if name in names:
                raise ValueError(f"two functions are called {name}")
            names[name] = function
    return names


_BY_NAME = _names()


def find_function(name: str) -> Function | None:
    """The function with this name or alias, whatever the case and the width of its letters."""
    return _BY_NAME.get(unicodedata.normalize("NFKC", name).upper())


def function_names() -> list[str]:
    """Every name and alias."""
    return list(_BY_NAME)
