# ruff: noqa: S608 - names come from checked documents and are quoted
"""How values of one field type become values of another, and how formulas are computed for all records, in SQL.

A conversion never raises: what cannot be converted is NULL, is counted before and kept in the trash column. The guard
functions are those of the expression language (schema `dg`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql

from engines.form.fields.base import Field
from engines.form.fields.boolean import NO, YES
from engines.form.fields.choice import MOST_OTHER
from engines.form.form import Form
from engines.form.names import LINK_POSITION, LINK_SOURCE, LINK_TARGET
from engines.form.scope import FormScope
from engines.formula import Facts, Type

ZONE: Final = "Asia/Shanghai"
DIALECT: Final = postgresql.dialect(paramstyle="named")

_DAY = "to_char({0}, 'YYYY-MM-DD')"
_MINUTE = f"to_char({{0}} AT TIME ZONE '{ZONE}', 'YYYY-MM-DD HH24:MI')"

# How people write a day and a time of day in a text: 2024年3月5日, 2024.3.5, 20240305, each with a time behind it.
# Without braces, because these stand in patterns that are formatted.
_DIGITS = "([0-9][0-9][0-9][0-9])"
_WRITTEN = rf"^\s*{_DIGITS}\s*[年./-]\s*([0-9][0-9]?)\s*[月./-]\s*([0-9][0-9]?)\s*[日号]?"
_SHORT = rf"^\s*{_DIGITS}([0-9][0-9])([0-9][0-9])(?![0-9])"
_TIME = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"


def _day_of(ending: str) -> str:
    """The day that a text says with nothing but this behind it; NULL where it says none."""
    dashed = rf"regexp_replace({{0}}, '{_SHORT}', '\1-\2-\3')"
    return rf"dg.to_date(regexp_replace({dashed}, '{_WRITTEN}{ending}\s*$', '\1-\2-\3'))"


_TO_DAY = _day_of("(?:[ T]+0?0:00(?::00)?)?")  # a day with another time is no day: nothing is cut off unsaid
_TO_MINUTE = (
    f"({_day_of(f'(?:[ T]+{_TIME})?')}"
    rf" + coalesce(substring({{0}} FROM '[ T]({_TIME})\s*$'), '00:00')::interval) AT TIME ZONE '{ZONE}'"
)

# By the SQL types of both sides; {0} stands for the old value.
_BY_TYPE: Final[Mapping[tuple[str, str], str]] = {
    ("text", "number"): "trim_scale(dg.to_number({0}))",
    ("text", "date"): _TO_DAY,
    ("text", "datetime"): _TO_MINUTE,
    ("number", "text"): "dg.plain({0})",
    ("date", "text"): _DAY,
    ("datetime", "text"): _MINUTE,
    ("date", "datetime"): f"dg.start_of('{ZONE}', {{0}})",
    ("datetime", "date"): f"dg.date_of('{ZONE}', {{0}})",
    ("boolean", "text"): "CASE {0} WHEN true THEN '是' WHEN false THEN '否' END",
    ("boolean", "number"): "CASE {0} WHEN true THEN 1 WHEN false THEN 0 END",
    ("list", "text"): "array_to_string({0}, '、')",
    ("text", "list"): "ARRAY[{0}]",
    ("number", "boolean"): "CASE {0} WHEN 1 THEN true WHEN 0 THEN false END",
}


FILES: Final = frozenset({"attachment", "image", "signature"})
_FORMS: Final = {
    "location": r"^-?[0-9]{1,3}[.][0-9]{6},-?[0-9]{1,2}[.][0-9]{6}( .*)?$",
    "recurrence": r"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)[A-Z0-9=;,-]*$",
}
"""What a text has to look like to be a value of a type that keeps texts of one form only."""


def _kind(field: Field) -> str:
    """Which of the few SQL types the values of a field have."""
    return {"text": "text", "number": "number", "date": "date", "datetime": "datetime"}.get(
        field.type.formula_type(field).value, field.type.formula_type(field).value
    )


def conversion(old: Field, new: Field, column: str) -> str | None:
    """The SQL for the new value of an old column, NULL where it cannot be converted; None when there is no way."""
    before, after = _kind(old), _kind(new)
    if new.type.target_form(new) or old.type.target_form(old) or FILES & {old.type.key, new.type.key}:
        return None
    if new.type.key in _FORMS:
        return f"CASE WHEN {column} ~ {_literal(_FORMS[new.type.key])} THEN {column} END" if before == "text" else None
    if old.choices or new.type.has_choices:
        return _options(old, new, column, before, after)
    if new.type.key == "phone":
        return f"substring({column} FROM '^(?:\\+?86)?(1[3-9][0-9]{{9}})$')" if before == "text" else None
    if new.type.key == "email":
        return f"CASE WHEN {column} ~ '^[^@ ]+@[^@ ]+[.][^@ ]+$' THEN {column} END" if before == "text" else None
    if after == "boolean" and before == "text":
        yes, no = (", ".join(_literal(word) for word in words) for words in (YES, NO))
        return f"CASE WHEN dg.fold({column}) IN ({yes}) THEN true WHEN dg.fold({column}) IN ({no}) THEN false END"
    if before == after:
        return column
    pattern = _BY_TYPE.get((before, after))
    return None if pattern is None else pattern.format(column)


def _options(old: Field, new: Field, column: str, before: str, after: str) -> str | None:
    """To and from options: a key becomes the option that has this key or label, or its label where texts are kept."""
    if not new.type.has_choices:
        if after != "text":
            return _BY_TYPE[before, after].format(column) if (before, after) in _BY_TYPE else None
        return _labels(old, column, before)
    if before not in ("text", "list"):
        return None
    if new.type.key in ("choice", "stage"):
        if before == "text":
            return _choice(old, new, column)
        return f"CASE WHEN cardinality({column}) = 1 THEN {_choice(old, new, f'{column}[1]')} END"
    one = _choice(old, new, column if before == "text" else "v")
    if before == "text":
        return f"CASE WHEN {one} IS NOT NULL THEN ARRAY[{one}] END"
    parts = f"unnest({column}) WITH ORDINALITY AS u(v, n)"
    return f"(SELECT CASE WHEN bool_and({one} IS NOT NULL) THEN array_agg({one} ORDER BY n) END FROM {parts})"


def _labels(old: Field, column: str, before: str) -> str:
    """What the options of a value are called."""
    labels = {one.key: one.label("zh-CN") or one.key for one in old.choices}
    if before == "text":
        return _cases(labels, column, column)
    one = _cases(labels, "v", "v")
    return f"(SELECT string_agg({one}, '、' ORDER BY n) FROM unnest({column}) WITH ORDINALITY AS u(v, n))"


def told(old: Field, column: str) -> str:
    """The SQL for a value as a plan names it: the text that it would become."""
    before = _kind(old)
    if old.choices and before in ("text", "list"):
        return _labels(old, column, before)
    return _BY_TYPE.get((before, "text"), "({0})::text").format(column)


def moved_options(old: Field, new: Field) -> bool:
    """Whether values have to follow options that come from somewhere else now: from a shared set, or from there."""
    if old.options.get("set") == new.options.get("set"):
        return False
    return not {one.key for one in old.choices} <= {one.key for one in new.choices}


def _choice(old: Field, new: Field, column: str) -> str:
    """The key of the option whose key or label the text, or the option that it was, is."""
    words = {word: one.key for one in reversed(new.choices) for word in (*one.label.all(), one.key)}
    for one in old.choices:
        found = next((words[word] for word in (one.key, *one.label.all()) if word in words), None)
        if found is not None:
            words[one.key] = found
    other = (
        f"CASE WHEN length({column}) <= {MOST_OTHER} THEN {column} END" if new.options.get("other") else "NULL::text"
    )
    return _cases(words, f"btrim({column})", other)


def _cases(words: Mapping[str, str], column: str, other: str) -> str:
    if not words:
        return other
    cases = " ".join(f"WHEN {_literal(word)} THEN {_literal(key)}" for word, key in words.items())
    return f"CASE {column} {cases} ELSE {other} END"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def recompute_sql(form: Form, field: Field) -> str:
    """The statement that stores a formula's value in every record, or row, where it is another. May run twice."""
    table = form.subforms[field.subform].table if field.subform else form.table
    alias = table.alias("r")
    facts = Facts(now=datetime.now(UTC), zone=ZONE)
    outer = form.table.alias("o") if field.subform else None
    scope = FormScope(form, alias, facts, subform=field.subform, outer=outer)
    value = field.expression.sql(scope, facts)
    if field.expression.type is Type.NUMBER:
        value = func.trim_scale(value)
    fresh = select(alias.c.id, value.label("value")).subquery("fresh")
    statement = (
        update(table)
        .values({table.c[field.key]: fresh.c.value})
        .where(table.c.id == fresh.c.id, table.c[field.key].is_distinct_from(fresh.c.value))
    )
    return str(statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def carry_to_links(table: str, column: str, links: str) -> tuple[str, str]:
    """Statements that make the links of a column that pointed at one, and that take away those that are no more."""
    t, c, n = (DIALECT.identifier_preparer.quote(name) for name in (table, column, links))
    fields = f"{LINK_SOURCE}, {LINK_TARGET}, {LINK_POSITION}"
    insert = f"INSERT INTO {n} ({fields}) SELECT id, {c}, 0 FROM {t} WHERE {c} IS NOT NULL ON CONFLICT DO NOTHING"
    same = f"SELECT 1 FROM {t} t WHERE t.id = {n}.{LINK_SOURCE} AND t.{c} = {n}.{LINK_TARGET}"
    return insert, f"DELETE FROM {n} WHERE NOT EXISTS ({same})"


def carry_to_column(table: str, column: str, links: str) -> str:
    """The statement that points a column at the first of the links."""
    t, c, n = (DIALECT.identifier_preparer.quote(name) for name in (table, column, links))
    first = f"SELECT {LINK_TARGET} FROM {n} l WHERE l.{LINK_SOURCE} = {t}.id ORDER BY {LINK_POSITION} LIMIT 1"
    return f"UPDATE {t} SET {c} = ({first}) WHERE {c} IS DISTINCT FROM ({first})"
