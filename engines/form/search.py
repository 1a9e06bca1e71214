"""Search: folded texts as pieces of two or three characters, each behind its field: only what may be seen is searched.

A record keeps a `tsvector` of lexemes like `name:远山` and `no:kh2`; the ends of a text are shorter pieces, so that any
fragment is the beginning of one. Pieces say nothing about order: what they find is looked at again in Python
(`matches`). Texts of other records (customer's name) are not in it: they would go stale and have rights of their own.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.nested import rows_of

LONGEST_TEXT: Final = 2000
"""So many characters of one text are searched; the rest is for reports and filters."""
MOST_TERMS: Final = 8
LONGEST_QUERY: Final = 100


@lru_cache(maxsize=1024)
def searched_fields(form: Form) -> tuple[Field, ...]:
    """The fields whose words are found, those of sub-form rows included. Relations are not, see above."""
    found = []
    for one in form.fields.values():
        if one.key in form.subforms:
            every = [each for inner in one.rows.values() for each in (inner, *inner.rows.values())]
            found += [inner for inner in every if _searched(inner)]
        elif _searched(one):
            found.append(one)
    return tuple(found)


def _searched(one: Field) -> bool:
    found = one.type.searchable and one.storage == "column" and one.type.target_form(one) is None
    return found and not one.encrypted


@lru_cache(maxsize=1024)
def sealed_fields(form: Form) -> tuple[Field, ...]:
    """The encrypted fields of the record itself: a word that is their whole value finds them, by its digest."""
    return tuple(one for one in form.fields.values() if one.encrypted)


def searched_keys(form: Form) -> list[str]:
    """The fields of the record itself that hold what is searched: sub-forms stand for their rows."""
    return sorted({one.path.partition(".")[0] for one in (*searched_fields(form), *sealed_fields(form))})


def texts(form: Form, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The folded words of a record by the path of their field."""
    for one in searched_fields(form):
        rows: Iterable[Mapping[str, Any]] = (values,)
        if one.subform:
            rows = (row for _, row in rows_of(values, one.subform))
        for row in rows:
            value = row.get(one.key)
            if value is not None:
                text = fold(one.type.search_text(value, one)[:LONGEST_TEXT])
                if text:
                    yield one.path, text


def lexemes(form: Form, values: Mapping[str, Any]) -> list[str]:
    """What a record is found by."""
    found: set[str] = set()
    for path, text in texts(form, values):
        found.update(pairs_of(path, text))
    return sorted(found)


def pairs_of(path: str, text: str) -> set[str]:
    """The lexemes of one folded text: at every place of its words the next two characters, or three from a Latin one.

    Latin letters and digits are few, so pairs of them would say little about serial and telephone numbers.
    """
    found: set[str] = set()
    for word in text.split(" "):
        found.update(_pairs(path, word))
    return found


@lru_cache(maxsize=8192)
def _pairs(path: str, word: str) -> tuple[str, ...]:
    """The lexemes of one word; records of a form share many words."""
    if word.isascii():
        return tuple(f"{path}:{word[i : i + 3]}" for i in range(len(word)))
    return tuple(f"{path}:{word[i : i + _length(word[i])]}" for i in range(len(word)))


def _length(character: str) -> int:
    return 3 if character < "\x80" else 2


def pieces_of(term: str) -> tuple[list[str], str]:
    """The lexemes that a term contains whole, and its end where none of them reaches (asked for as a beginning)."""
    whole: list[str] = []
    reach = 0
    for i, character in enumerate(term):
        length = _length(character)
        if i + length > len(term):
            return whole, term[i:] if reach < len(term) else ""
        whole.append(term[i : i + length])
        reach = i + length
    return whole, ""


def field_lexemes(one: Field, value: Any) -> set[str]:
    """What a record is found by because of one field of its own."""
    text = "" if value is None else fold(one.type.search_text(value, one)[:LONGEST_TEXT])
    return pairs_of(one.path, text) if text else set()


def terms_of(query: str | None) -> tuple[str, ...]:
    """The words that were asked for; all of them must be found. Empty for a blank query."""
    folded = fold((query or "")[:LONGEST_QUERY])
    return tuple(dict.fromkeys(folded.split(" ")))[:MOST_TERMS] if folded else ()


def tsquery(term: str, paths: Iterable[str]) -> str:
    """The condition that a term's pieces stand in one of these fields, as the text of a `tsquery`."""
    whole, end = pieces_of(term)
    ways = []
    for path in paths:
        parts = [_quoted(f"{path}:{piece}") for piece in dict.fromkeys(whole)]
        parts += [f"{_quoted(f'{path}:{end}')}:*"] if end else []
        ways.append("(" + " & ".join(parts) + ")")
    return " | ".join(ways)


def exact(terms: Iterable[str]) -> bool:
    """Whether the pieces alone decide: terms of one piece have no order to get wrong."""
    return all(len(whole) + bool(end) == 1 for whole, end in map(pieces_of, terms))


def matches(form: Form, values: Mapping[str, Any], terms: Iterable[str]) -> bool:
    """Whether every term stands in some field of a record (of which only what may be seen is given)."""
    found = [text for _, text in texts(form, values)]
    whole = {fold(value) for one in sealed_fields(form) if isinstance(value := values.get(one.key), str)}
    return all(term in whole or any(term in text for text in found) for term in terms)


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
