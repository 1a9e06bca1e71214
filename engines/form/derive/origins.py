"""Where a value comes from that was not computed by a formula: the rule that set it, the default value, the expression
that it follows, the linkage, the record that it was copied from, the rate that was frozen.

Each is asked of the record as it stands: whether its condition holds and whether the value is still what it gives. The
answer says more than the values used, so it is given only to readers who may see every one of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

from engines.form.compile import every_field, path_steps
from engines.form.fields.base import Field
from engines.form.form import Form, Reverse
from engines.form.nested import rows_of
from engines.form.policy import policy_for
from engines.form.rates.compile import filled_keys, frozen_amounts
from engines.form.rules.fit import fit
from engines.form.rules.linkage import linked_value, operands
from engines.form.rules.model import FormRule
from engines.form.rules.sentence import expression_sentence, value_sentence
from engines.form.transaction import Transaction, as_system
from engines.form.write.behave import stored_draft
from engines.form.write.copying import copies_of
from engines.form.write.draft import Draft
from engines.form.write.preview import stored_values
from engines.formula import Facts
from engines.kernel.problems import ProblemError

Kind = Literal["rule", "default", "follow", "linkage", "copy", "rate", "base"]
Status = Literal["given", "changed", "idle", "unknown"]
"""`given`: the value is what this gives. `changed`: it should be, and is another. `idle`: its condition does not hold.
`unknown`: it cannot be told, or may not."""

Paths = frozenset[tuple[str, ...]]
Use = Callable[[Paths], "tuple[Used, ...]"]


@dataclass(frozen=True, slots=True)
class Used:
    """A value that went in. `form` and `id` are the record it stands in, `title` what that is called.

    `hidden` says that there is something which the reader may not see.
    """

    path: str
    label: str
    text: str = ""
    form: str | None = None
    id: int | None = None
    title: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Setter:
    """What may give a value: its name, when it does and what it gives, as written (`when`, `value`) and as people read
    them (`condition`, `gives`), with the values used."""

    key: str
    title: str
    when: str
    value: str
    kind: Kind = "rule"
    condition: str = ""
    gives: str = ""
    status: Status = "unknown"
    used: tuple[Used, ...] = ()


_MOMENT: Final = ("PRIOR", "CHANGED", "ISNEW", "原值", "已改变")
"""Functions that mean something only while a record is written."""


def origins_of(tx: Transaction, form: Form, one: Field, record_id: int, row_id: int | None, use: Use) -> list[Setter]:
    """What may have given the value of a field, what decides last first."""
    found = list(_Asker(tx, form, one, record_id, row_id, use).setters())
    kept = [each for each in found if each.kind != "rule"]
    return [*reversed([each for each in found if each.kind == "rule"]), *kept]


@lru_cache(maxsize=1024)
def given_paths(form: Form) -> frozenset[str]:
    """The fields (`amount`, `lines.qty`) whose entered value something else may have given: see `origins_of`.

    A default value that is the same for every record is no news to anybody and does not count.
    """
    rules = (rule for rule in form.rules if isinstance(rule, FormRule))
    found = {path for rule in rules for action in rule.actions if action.do == "set" for path in action.fields}
    found |= {copy.to.path for copies in copies_of(form).values() for copy in copies}
    found |= filled_keys(form)
    for one in every_field(form):
        default = one.default
        drawn = default is not None and (default.references or default.volatile or default.settings)
        if drawn or one.follow is not None or (one.linkage is not None and not one.linkage.choices):
            found.add(one.path)
    return frozenset(path for path in found if form.at(path).type.storage != "children")


@dataclass
class _Asker:
    """Asks what may give one value of a record or row."""

    tx: Transaction
    form: Form
    one: Field
    record_id: int
    row_id: int | None
    use: Use
    _stored: tuple[Mapping[str, Any], Facts, Draft] | None = None

    def setters(self) -> Iterator[Setter]:
        locale = self.tx.actor.locale
        for rule in self.form.rules:
            for action in rule.actions if isinstance(rule, FormRule) else ():
                if action.do == "set" and self.one.path in action.fields and isinstance(rule, FormRule):
                    title = rule.title(locale) or rule.key
                    yield self.asked("rule", rule.key, title, rule.when, action.value, rule.subform)
        one = self.one
        if one.follow is not None:
            yield self.asked("follow", one.key, "", None, one.follow, one.subform)
        if one.linkage is not None and not one.linkage.choices and one.type.storage != "children":
            yield self.linked()
        yield from self.copied()
        yield from self.frozen()
        if one.default is not None:
            yield self.asked("default", one.key, "", None, one.default, one.subform)

    # -- expressions --------------------------------------------------------------------------------------------------

    def asked(self, kind: Kind, key: str, title: str, when: Any, value: Any, subform: str | None) -> Setter:
        """A rule, default value or expression that is followed."""
        expressions = [one for one in (when, value) if one is not None]
        paths: Paths = frozenset(path for one in expressions for path in one.references)
        locale = self.tx.actor.locale
        told = Setter(
            key,
            title,
            "" if when is None else when.text,
            "" if value is None else value.text,
            kind,
            "" if when is None else expression_sentence(self.form, when.text, locale, subform),
            "" if value is None else value_sentence(self.form, self.one.path, value.text, locale, subform),
            used=self.use(paths),
        )
        if not self.told(paths) or any(word in one.text.upper() for one in expressions for word in _MOMENT):
            return told
        return replace(told, status=self.judged(when, value, any(one.volatile or one.settings for one in expressions)))

    def judged(self, when: Any, value: Any, moves: bool) -> Status:
        """Whether the stored value is what an expression gives. What moves by itself may have given it earlier."""
        try:
            view, facts, draft = self.stored()
            if when is not None and not when.evaluate(view, facts):
                return "unknown" if moves else "idle"
            wanted = None if value is None else fit(self.one, value.evaluate(view, facts), draft.context)
        except (ProblemError, LookupError):
            return "unknown"
        return self.same(wanted, view, moves)

    def same(self, wanted: Any, view: Mapping[str, Any], moves: bool = False) -> Status:
        """Whether the stored value is the one wanted."""
        now = view.get(self.one.key)
        now = now.get("id") if isinstance(now, Mapping) else now
        if (now or None) == (wanted or None) or now == wanted:
            return "given"
        return "unknown" if moves else "changed"

    # -- other records ------------------------------------------------------------------------------------------------

    def linked(self) -> Setter:
        """What the field takes from another form."""
        linkage, one = self.one.linkage, self.one
        paths: Paths = frozenset(path for each in linkage.expressions() for path in each.references)
        told = Setter(one.key, linkage.form.label(self.tx.actor.locale), "", "", "linkage", used=self.use(paths))
        if not self.told(paths) or not self.whole(linkage.form):
            return told
        try:
            view, facts, _ = self.stored()
            wanted = linked_value(self.tx, linkage, one, operands(linkage, view, facts))
        except (ProblemError, LookupError):
            return told
        return replace(told, status=self.same(wanted, view))

    def copied(self) -> Iterator[Setter]:
        """The relations that fill the field when a record is chosen."""
        for path, copies in copies_of(self.form).items():
            relation = self.form.at(path)
            for copy in copies:
                if copy.to is self.one:
                    way = (relation.key, *(step.key for step in copy.steps), copy.taken.key)
                    title = f"{relation.label(self.tx.actor.locale)} › {copy.taken.label(self.tx.actor.locale)}"
                    yield Setter(relation.path, title, "", ".".join(way), "copy", used=self.use(frozenset({way})))

    def frozen(self) -> Iterator[Setter]:
        """The amounts whose rate or base amount the field keeps."""
        for amount in frozen_amounts(self.form):
            kept = amount.currency.frozen
            kind: Kind | None = "rate" if kept.rate is self.one else "base" if kept.amount is self.one else None
            if kind is None:
                continue
            paths = set(amount.currency.code.references) | ({(amount.key,)} if kind == "base" else set())
            if kind == "rate" and kept.day is not None:
                paths |= kept.day.references
            if kind == "base" and kept.rate is not None and kept.rate.subform == self.one.subform:
                paths.add((kept.rate.key,))
            title = amount.label(self.tx.actor.locale)
            yield Setter(amount.path, title, "", "", kind, used=self.use(frozenset(paths)))

    # -- what may be told ---------------------------------------------------------------------------------------------

    def told(self, paths: Paths) -> bool:
        """Whether the reader may see everything on these paths, always and in full."""
        if self.tx.actor.is_system or self.tx.actor.is_admin:
            return True
        for path in (*paths, (self.one.key,)):
            steps = list(path_steps(self.form.forms, self.form.key, self.one.subform or "", path))
            if len(steps) < len(path):
                return False
            for form, inside, found in steps:
                if isinstance(found, Reverse) or found.mask is not None or found.encrypted:
                    return False
                if policy_for(self.tx, form).sees(f"{inside}.{found.key}" if inside else found.key) is not True:
                    return False
            others = {form.key for form, _, _ in steps} - {self.form.key}
            if not all(self.whole(self.form.forms.get(key)) for key in others):
                return False
        return True

    def whole(self, form: Form) -> bool:
        """Whether the reader may read every record of a form."""
        return form.system or self.tx.actor.is_admin or policy_for(self.tx, form).everywhere("read")

    def stored(self) -> tuple[Mapping[str, Any], Facts, Draft]:
        """The record (the row over it) as it is stored, ready for expressions."""
        if self._stored is not None:
            return self._stored
        form, tx = self.form, as_system(self.tx)
        draft = Draft(tx, form, policy_for(tx, form), "update", {}, self.record_id, reading=True)
        draft.old = stored_values(tx, form, draft.policy, self.record_id)
        draft = stored_draft(draft)
        view: Mapping[str, Any] = draft.view
        if self.one.subform:
            rows = rows_of(draft.values, self.one.subform)
            place = next(place for place, row in rows if row.get("id") == self.row_id)
            view = {**view, **dict(rows_of(draft.view, self.one.subform))[place]}
        self._stored = (view, draft.facts, draft)
        return self._stored
