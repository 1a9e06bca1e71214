"""Row conditions of permission groups, compiled once per form."""

from functools import lru_cache

from engines.form.form import Form
from engines.formula import Expression, Place, Type, compile_expression


@lru_cache(maxsize=4096)
def condition_of(form: Form, text: str) -> Expression:
    """The compiled condition over the form's fields. Raises `Rejected` (documents are checked before)."""
    return compile_expression(text, form.scope, expects=Type.BOOLEAN, place=Place.FILTER)
