"""Why a field has the value that it has: the expression, the values it used with links, the rows it went over.

Everything is told with the reader's rights: a value that the reader may not see is counted and not shown, also where
the explained value was computed with the rights of the system (kept formulas and roll-ups, D6).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, func, select

from engines.form.counted import up_to
from engines.form.derive.origins import Setter, Used, origins_of
from engines.form.derive.pending import recomputing
from engines.form.fields.base import Field
from engines.form.fields.money import Amount
from engines.form.fields.rollup import RollupField, list_key
from engines.form.form import Form, Reverse
from engines.form.names import ID, PARENT, POSITION
from engines.form.ordering import is_many, path_steps
from engines.form.policy import policy_for
from engines.form.query import get_record
from engines.form.query.ask import Ask, ask
from engines.form.rates.columns import code_column
from engines.form.rates.read import digits_of
from engines.form.scope import FormScope
from engines.form.titles import text_of, titles
from engines.form.transaction import Transaction
from engines.formula import Place, Type, compile_expression
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected

Kind = Literal["formula", "lookup", "rollup", "serial", "default", "entered"]

SHOWN: Final = 20
"""So many rows of a roll-up are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a value comes from. `rows` is how many rows an aggregate went over as far as the reader may see them."""

    app: str
    form: str
    id: int
    field: str
    label: str
    kind: Kind
    shown: str
    expression: str = ""
    kept: bool = False
    recomputing: bool = False
    used: tuple[Used, ...] = ()
    rows: int | None = None
    filter: str = ""
    over: str = ""
    """The rows that the filter is asked of."""
    named: tuple[Used, ...] = ()
    rules: tuple[Setter, ...] = ()

    def text(self, locale: str) -> str:
        """The explanation in plain sentences, for keeping beside a value."""
        words = _WORDS["zh-CN" if locale.startswith("zh") else "en"]
        lines = [words["value"].format(label=self.label, shown=self.shown or words["blank"])]
        if self.expression:
            lines.append(words[self.kind].format(expression=self.expression))
        if self.rows is not None:
            lines.append(words["rows"].format(rows=self.rows))
        for one in (*self.used, *self.named):
            where = words["where"].format(title=one.title) if one.title else ""
            lines.append(words["used"].format(label=one.label, shown=_shown(one, words), where=where))
        for rule in self.rules:
            when = words["when"].format(when=rule.condition) if rule.condition else ""
            said = words[f"by_{rule.kind}"].format(title=rule.title, when=when, value=rule.gives)
            lines.append(said + words["entered_instead" if (rule.kind, rule.status) == _INSTEAD else rule.status])
            lines += [words["used"].format(label=each.label, shown=_shown(each, words), where="") for each in rule.used]
        if self.recomputing:
            lines.append(words["recomputing"])
        return "\n".join(lines)


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "value": "{label}: {shown}",
        "blank": "(blank)",
        "formula": "Computed: {expression}",
        "lookup": "Read from: {expression}",
        "rollup": "Rolled up: {expression}",
        "serial": "Numbered: {expression}",
        "default": "Entered, or by default: {expression}",
        "entered": "{expression}",
        "rows": "Rows: {rows}",
        "used": "- {label}: {shown}{where}",
        "where": " ({title})",
        "row": "Row {number}",
        "hidden": "(you may not see this)",
        "when": "when {when}, ",
        "by_rule": "Rule {title}: {when}set to {value}",
        "by_default": "By default {value}",
        "by_follow": "It follows {value}",
        "by_linkage": "Taken from {title}",
        "by_copy": "Copied from {title}",
        "by_rate": "The rate of the day, frozen for {title}",
        "by_base": "{title} in the base currency, frozen",
        "given": " - the value is what this gives",
        "changed": " - changed by hand since: it no longer follows",
        "entered_instead": " - another value was entered",
        "idle": " - does not hold now",
        "unknown": "",
        "recomputing": "It is being recomputed.",
    },
    "zh-CN": {
        "value": "{label}：{shown}",
        "blank": "（空）",
        "formula": "计算公式：{expression}",
        "lookup": "取自：{expression}",
        "rollup": "汇总：{expression}",
        "serial": "编号规则：{expression}",
        "default": "手工填写或默认值：{expression}",
        "entered": "{expression}",
        "rows": "行数：{rows}",
        "used": "- {label}：{shown}{where}",
        "row": "第 {number} 行",
        "where": "（{title}）",
        "hidden": "（无权查看）",
        "when": "当{when}时，",
        "by_rule": "规则“{title}”：{when}设为{value}",
        "by_default": "默认值：{value}",
        "by_follow": "随公式而变：{value}",
        "by_linkage": "联动取自“{title}”",
        "by_copy": "选择“{title}”时带入",
        "by_rate": "“{title}”当日汇率，已固定",
        "by_base": "“{title}”折合本位币，已固定",
        "given": "——当前值由此而来",
        "changed": "——之后手工修改过，不再符合",
        "entered_instead": "——填写了别的值",
        "idle": "——条件现在不成立",
        "unknown": "",
        "recomputing": "正在重新计算。",
    },
}


_INSTEAD: Final = ("default", "changed")
"""A default value is only where one begins: another one is nothing that was changed."""


def _shown(one: Used, words: Mapping[str, str]) -> str:
    return words["hidden"] if one.hidden else one.text or words["blank"]


def _around(form: Form, subform: str) -> tuple[FromClause, ...]:
    """The rows that rows of rows stand in."""
    outer = form.subforms[subform].outer
    return () if outer is None else (outer.table.alias(),)


def why(tx: Transaction, form: Form, record_id: int, path: str, row_id: int | None = None) -> Explanation:
    """Explain the value of a field (`total`), or of a field of the row `row_id` (`lines.amount`), as it is now.

    Raises `NotFound` where there is no such record, row or field, `Forbidden` where the reader may not see it.
    """
    one = form.at(path)
    record = get_record(tx, form, record_id)
    head = one.path.partition(".")[0]
    if policy_for(tx, form).sees(one.path) is False or (head in form.fields and head not in record.values):
        message = f"You may not see {one.label}"
        raise Forbidden(Problem("record.field_hidden", path, message, {"label": one.label(tx.actor.locale)}))
    asked = ask(tx, form)
    scope, mine = asked.scope, asked.table.c[ID] == record_id
    if one.subform:
        rows = form.subforms[one.subform].table
        scope = replace(scope, table=rows, subform=one.subform, outer=asked.table)
        mine = mine & (rows.c[ID] == row_id)
        for inside, around in pairwise((rows, *_around(form, one.subform), asked.table)):
            mine = mine & (inside.c[PARENT] == around.c[ID])
    teller = _Teller(tx, form, asked, scope, mine)
    value = teller.read((one.key,)) if one.storage in ("column", "none") else None
    if one.subform and not teller.exists():
        message = f"There is no row #{row_id} of {one.label}"
        raise NotFound(Problem("record.unknown_row", path, message, {"id": row_id}))
    late = recomputing(tx, form, [record_id]).get(record_id, frozenset())
    kind, expression = _source(one)
    told = Explanation(
        app=form.app,
        form=form.key,
        id=record_id,
        field=one.path,
        label=one.label(tx.actor.locale),
        kind=kind,
        shown=teller.shown(form, one, value, (one.key,)),
        expression=expression,
        kept=one in form.kept,
        recomputing=one.path in late,
    )
    if one.expression is None:
        told = replace(told, rules=tuple(origins_of(tx, form, one, record_id, row_id, teller.used_in)))
    source = one.expression  # what a default value reads is told with it, among the rules
    if kind == "rollup":
        return teller.rollup(told, one)
    return replace(told, used=tuple(teller.used(source.references)) if source is not None else ())


def _source(one: Field) -> tuple[Kind, str]:
    """What kind of a value a field holds and the text that says how it comes about."""
    text = one.type.expression_of(one.options) if one.expression is None else one.expression.text
    if text is not None:
        kinds: Mapping[str, Kind] = {"rollup": "rollup", "lookup": "lookup"}
        return kinds.get(one.type.key, "formula"), text
    if one.type.key == "serial":
        return "serial", " ".join(_segment(part) for part in one.options.get("segments", ()))
    return ("default", one.default.text) if one.default is not None else ("entered", "")


def _segment(part: Mapping[str, Any]) -> str:
    words = {"text": part.get("text"), "date": part.get("format"), "field": part.get("field")}
    return str(words.get(part["kind"]) or "0" * int(part.get("digits", 1)))


@dataclass(frozen=True)
class _Teller:
    """Reads what went into a value of one record or row, as its reader may see it."""

    tx: Transaction
    form: Form
    ask: Ask
    scope: FormScope
    mine: ColumnElement[bool]

    def run(self, column: ColumnElement[Any]) -> Any:
        """One value of the record or row at hand."""
        query = select(column).select_from(self.ask.table).where(self.mine)
        return self.ask.run(query).scalar()

    def exists(self) -> bool:
        """Whether the row is there."""
        return self.run(self.scope.table.c[ID]) is not None

    def read(self, path: tuple[str, ...]) -> Any:
        """The value at the end of a path over single relations."""
        return self.run(_column(self.at(path), path))

    def at(self, path: tuple[str, ...]) -> FormScope:
        """Where a path begins: in the row, or in the record around it."""
        return self.scope if not self.scope.subform or path[0] in self.scope.fields else self.ask.scope

    def shown(self, form: Form, one: Field, raw: Any, path: tuple[str, ...]) -> str:
        """A value as people read it, an amount with its currency."""
        value = one.type.from_column(raw, one) if raw is not None else None
        if one.currency is not None and isinstance(value, Decimal):
            column = _code(self.at(path), path, one, self.ask.table)
            code = None if column is None else self.run(column)
            value = value if code is None else Amount(value, code, digits_of(self.tx, form.forms).get(code))
        return text_of(self.tx, form, one, value)

    def used_in(self, references: frozenset[tuple[str, ...]]) -> tuple[Used, ...]:
        """What the paths of an expression lead to; those that nothing can be told of are left out."""
        return tuple(self.used(references))

    def used(self, references: frozenset[tuple[str, ...]]) -> Iterator[Used]:
        """What the paths of an expression lead to: values, and of rows how many there are."""
        counted: set[tuple[str, ...]] = set()
        for path in sorted(references):
            steps = list(path_steps(self.form.forms, self.form.key, self.scope.subform or "", path))
            if len(steps) < len(path):
                continue
            places = [n for n, (_, _, found) in enumerate(steps) if is_many(found)]
            if places:
                rows = path[: places[0] + 1]
                if rows not in counted:
                    counted.add(rows)
                    yield self._rows(rows, steps[places[0]][2])
                continue
            yield self._one(path, steps)

    def _one(self, path: tuple[str, ...], steps: list[Any]) -> Used:
        form, inside, one = steps[-1]
        label = " › ".join(found.label(self.tx.actor.locale) for _, _, found in steps)
        told = Used(".".join(path), label)
        if len(path) == 1:
            seen = policy_for(self.tx, form).sees(one.path) is not False
            return replace(told, text=self.shown(form, one, self.read(path), path), hidden=not seen)
        target = form.key
        where = self.read((*path[:-1], PARENT if inside else ID))
        if where is None:
            return replace(told, hidden=self.read(path[:1]) is not None)
        name = titles(self.tx, form, [where])[where]
        if policy_for(self.tx, form).sees(f"{inside}.{one.key}" if inside else one.key) is False:
            return replace(told, hidden=True, form=target, id=where, title=name)
        return replace(told, text=self.shown(form, one, self.read(path), path), form=target, id=where, title=name)

    def _rows(self, path: tuple[str, ...], found: Any) -> Used:
        label = found.form.label if isinstance(found, Reverse) else found.label
        text = f"COUNT({'.'.join(path)})"
        around = self.at(path)
        counted = compile_expression(text, _names(self.form, around), place=Place.LIVE)
        count = self.run(counted.sql(around, around.facts))
        return Used(".".join(path), label(self.tx.actor.locale), str(int(count or 0)))

    def rollup(self, told: Explanation, one: Field) -> Explanation:
        """The rows that a roll-up goes over: how many, and the first of them with what each brings."""
        options, scope, names = one.options, self.scope, _names(self.form, self.scope)
        place = list_key(options["of"]) if isinstance(options["of"], Mapping) else str(options["of"])
        conditions: list[ColumnElement[bool]] = []
        sources, scopes, around = [], [self.scope], []
        for key in place.split("."):
            ref = names.field(key)
            if ref is None or ref.target is None:
                return told
            many = ref.type is Type.RECORDS
            source, on, scope = scope.rows(key) if many else scope.related(key)
            around.append((names, key))
            names = ref.target.scope if isinstance(ref.target, Form) else ref.target
            sources.append(source)
            conditions.append(on)
            scopes.append(scope)
        outer = scopes[:-1]
        if options.get("filter"):
            kept = compile_expression(options["filter"], names, place=Place.FILTER, around=around)
            conditions.append(kept.sql(scope, self.scope.facts, outer))
        brought = None
        if options.get("field") and isinstance(one.type, RollupField):
            try:
                brought = compile_expression(options["field"], names, place=Place.LIVE, around=around)
            except Rejected:
                brought = None
        base = select(func.count()).select_from(self.ask.table, *sources).where(self.mine, *conditions)
        count = int(self.ask.run(base).scalar() or 0)
        value: Any = scope.table.c[ID] if brought is None else brought.sql(scope, self.scope.facts, outer)
        pointing = scope.form.of_rows
        key_column = scope.table.c[PARENT] if scope.subform or pointing else scope.table.c[ID]
        query = select(key_column, scope.table.c[ID], value).select_from(self.ask.table, *sources)
        inside = scope.subform and "." not in scope.subform  # rows of one record have an order that people see
        order = [scope.table.c[POSITION]] if inside else []
        rows = self.ask.run(query.where(self.mine, *conditions).order_by(*order, scope.table.c[ID]).limit(SHOWN)).all()
        by = 1 if pointing else 0  # rows that point here have titles of their own
        named = titles(self.tx, scope.form, [row[by] for row in rows]) if not scope.subform else {}
        row_words = _WORDS.get(self.tx.actor.locale, _WORDS["en"])["row"]
        label = self._label(scope, str(options.get("field") or ""), place)
        shown = tuple(
            Used(
                f"{place}[{number}]",
                label,
                "" if brought is None else self._plain(one, brought.type, row[2]),
                scope.form.key if pointing is None else pointing.form.key,
                row[0],
                row_words.format(number=number + 1) if inside else named.get(row[by], f"#{row[1]}"),
            )
            for number, row in enumerate(rows)
        )
        return replace(told, rows=count, filter=str(options.get("filter") or ""), over=place, named=shown)

    def _label(self, scope: FormScope, brings: str, place: str) -> str:
        """What the rows bring, by its name where it is one field; an expression as it is written."""
        fields = scope.form.subforms[scope.subform].fields if scope.subform else scope.form.fields
        return fields[brings].label(self.tx.actor.locale) if brings in fields else brings or place

    def _plain(self, one: Field, kind: Type, raw: Any) -> str:
        """A value that a row brings, shown like the result where it is of its type."""
        if raw is None:
            return ""
        same = one.type.formula_type(one) is kind
        return one.type.display(one.type.from_column(raw, one), one, self.tx.actor.locale) if same else str(raw)


def _names(form: Form, scope: FormScope) -> Any:
    return form.subforms[scope.subform].scope if scope.subform else form.scope


def _column(scope: FormScope, path: tuple[str, ...]) -> ColumnElement[Any]:
    if len(path) == 1:
        return scope.column(path[0])
    source, on, inner = scope.related(path[0])
    value = _column(inner, path[1:])
    return select(value).select_from(source).where(on).correlate_except(source).scalar_subquery()


def _code(scope: FormScope, path: tuple[str, ...], one: Field, record: FromClause) -> ColumnElement[Any] | None:
    """The currency of the amount at the end of a path; None where a row around it, far away, would have to say it."""
    if len(path) > 1:
        if one.currency.outer:
            return None
        source, on, inner = scope.related(path[0])
        value = _code(inner, path[1:], one, record)
        return None if value is None else select(value).select_from(source).where(on).scalar_subquery()
    up = up_to(scope.form, one, one.currency.head)
    if up and up < (one.subform or "").count(".") + 1:
        return None
    return code_column(one, scope.form, record if up else scope.table, scope.facts)
