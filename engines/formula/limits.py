"""How large an expression may be (EXPRESSIONS.md, rule 13), and the domain of values (rules 1 and 8)."""

from decimal import Decimal

MAX_LENGTH = 4000
"""Characters of the text."""
MAX_DEPTH = 48
"""Levels of nesting; a chain of operators counts one level for each."""
MAX_REFERENCES = 200
"""Different fields that one expression may read."""

DIGITS_BEFORE = 20
DIGITS_AFTER = 12
NUMBER_LIMIT = Decimal(10) ** DIGITS_BEFORE
"""Numbers are below this, and above its negative."""

MAX_TEXT = 10_000
"""Characters of a text; operators cut off what is beyond."""
MAX_EXPONENT = 1000
"""Beyond this whole exponent POWER is blank: the exact result would cost too much."""
