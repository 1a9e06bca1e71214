"""The facts of a transaction for expressions: its moment (`engines.form.moment`), and means to read other records."""

from dataclasses import replace

from engines.form.asking import asker
from engines.form.form import Forms
from engines.form.moment import moment_of, settings_of
from engines.form.transaction import Transaction
from engines.formula import Facts

__all__ = ["facts_of", "settings_of"]


def facts_of(tx: Transaction, forms: Forms | None = None) -> Facts:
    """The facts that every expression of a transaction is evaluated with; `forms` say which settings their app has."""
    facts = moment_of(tx, forms)
    return facts if forms is None else replace(facts, ask=asker(tx, forms, facts))
