"""One expression language with three back ends: Python, PostgreSQL and the browser (EXPRESSIONS.md, DESIGN.md D5)."""

from engines.formula.browser import browser_facts, json_value
from engines.formula.expression import Expression, compile_expression, order_formulas
from engines.formula.functions import FUNCTIONS
from engines.formula.syntax import parse
from engines.formula.types import USER_SCOPE, Facts, FieldRef, FieldScope, Place, Scope, SqlScope, Type, Unit

__all__ = [
    "FUNCTIONS",
    "USER_SCOPE",
    "Expression",
    "Facts",
    "FieldRef",
    "FieldScope",
    "Place",
    "Scope",
    "SqlScope",
    "Type",
    "Unit",
    "browser_facts",
    "compile_expression",
    "json_value",
    "order_formulas",
    "parse",
]
