"""Rules and expressions as sentences, for lists of designers, plans and explanations.

    When Discount is above 20 %, show Reason          当“折扣”大于 20% 时，显示“审批说明”

Names become labels, keys of options their words, percents are written as such; what has no words of its own stays a
call: `ROUND(Price × Qty, 2)`. Brackets stand where AND and OR meet.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.rules.compile import field_at
from engines.form.rules.model import Action, FormRule
from engines.form.rules.sentence_words import ACTIONS, CALLS, COMPARES, DATES, MORE, TRUTH
from engines.formula import Type, parse
from engines.formula.functions import find_function
from engines.formula.numbers import plain
from engines.formula.syntax import Apply, Literal, Member, Name, Syntax
from engines.kernel.documents import label
from engines.kernel.problems import Rejected

PEOPLE: Final = {"CURRENTUSER": "_member", "MANAGER": "_member", "DEPT": "_department"}
"""Functions that give somebody, and the form that says what their fields are called."""

SIGNS: Final = {"*": "×", "/": "÷"}
STRENGTH: Final = {"+": 1, "-": 1, "&": 1, "*": 2, "/": 2, "^": 3}


def sentence(form: Form, rule: FormRule, locale: str) -> str:
    """A rule as one sentence."""
    words = MORE[_side(locale)]
    told = _Teller(form, rule.subform, locale)
    when = told.condition(rule.when.text) if rule.when is not None else ""
    if rule.check is not None:
        text = words["must"].format(check=told.condition(rule.check.text), message=rule.message(locale))
        return _when(words, when).format(when=when, what=text) if when else text
    actions = [told.action(action) for action in rule.actions]
    what = words["then"].join(actions) if actions else words["nothing"]
    rows = ""
    if rule.subform is not None:
        rows = words["rows"].format(rows=told.label(form.fields[rule.subform]))
    return rows + (_when(words, when).format(when=when, what=what) if when else words["always"].format(what=what))


def expression_sentence(form: Form, text: str, locale: str, subform: str | None = None, over: str = "") -> str:
    """An expression as people read it. A text that cannot be read stays as it is.

    `over` names the rows that it is asked of, as the first argument of an aggregate does: `lines`, `orders`.
    """
    told = _Teller(form, subform, locale)
    if over:
        told.rows = {**told.rows, **told.fields_of(Name(tuple(over.split(".")), ()))}
    return told.condition(text)


def value_sentence(form: Form, path: str, text: str, locale: str, subform: str | None = None) -> str:
    """An expression that gives a value to a field, as people read it: keys of options are their words."""
    told = _Teller(form, subform, locale)
    try:
        return told.beside(parse(text), field_at(form, path))
    except Rejected:
        return text


def _when(words: Mapping[str, Any], when: str) -> str:
    """How a condition begins the sentence: in Chinese not with the same character twice (当当前用户)."""
    said: str = words["when_current" if when.startswith("当") else "when"]
    return said


def _side(locale: str) -> str:
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def _around(form: Form, subform: str) -> Mapping[str, Field]:
    """What stands in the row around a row of rows."""
    outer = form.subforms[subform].outer
    return {} if outer is None else outer.fields


class _Teller:
    """Says expressions over one form in one language."""

    def __init__(self, form: Form, subform: str | None, locale: str) -> None:
        self.form = form
        self.rows: Mapping[str, Field] = {**_around(form, subform), **form.subforms[subform].fields} if subform else {}
        self.locale = locale
        self.side = _side(locale)

    def label(self, one: Field) -> str:
        """The label, between quotation marks in Chinese, where words are not set apart."""
        return MORE[self.side]["name"].format(name=one.label(self.locale))

    def condition(self, text: str) -> str:
        """A text as a sentence."""
        try:
            return self.say(parse(text))
        except Rejected:
            return text

    # -- actions ------------------------------------------------------------------------------------------------------

    def action(self, action: Action) -> str:
        """What an action does."""
        words = ACTIONS[self.side]
        fields = MORE[self.side]["list"].join(self.path(path) for path in action.fields)
        value = choices = ""
        first = field_at(self.form, action.fields[0]) if action.fields else None
        if action.value is not None:
            value = self.beside(parse(action.value.text), first)
        if isinstance(action.choices, tuple):
            choices = MORE[self.side]["list"].join(_option(first, key, self.locale) for key in action.choices)
        elif action.choices is not None:
            choices = self.condition(action.choices.text)
        color = MORE[self.side]["colors"].get(action.color or "", action.color or "")
        told: str = words[action.do].format(
            fields=fields, value=value, choices=choices, color=color, message=action.message(self.locale)
        )
        return told

    def path(self, path: str) -> str:
        """The label of a field; a field of rows with the label of its sub-form."""
        head, _, rest = path.partition(".")
        one = field_at(self.form, path)
        if one is None:
            return path
        if rest and not self.rows:
            outer = self.form.fields[head].label(self.locale)
            return MORE[self.side]["of"].format(inner=one.label(self.locale), outer=outer)
        return self.label(one)

    # -- expressions ------------------------------------------------------------------------------------------------

    def say(self, syntax: Syntax, around: str = "") -> str:
        """A part of an expression; `around` is the word (and, or) of the part that it stands in."""
        match syntax:
            case Literal(value=str() as text):
                return MORE[self.side]["text"].format(text=text) if text else MORE[self.side]["blank"]
            case Literal(value=value):
                return str(plain(Decimal(value)))
            case Name():
                return self.name(syntax)
            case Member(owner=owner, name=name):
                return MORE[self.side]["of"].format(inner=self.member(owner, name), outer=self.say(owner))
            case Apply():
                return self.apply(syntax, around)

    def member(self, owner: Syntax, name: str) -> str:
        """What is read of somebody, by its label."""
        function = find_function(owner.name) if isinstance(owner, Apply) and not owner.operator else None
        people = self.form.forms.find(PEOPLE.get(function.key, "")) if function is not None else None
        one = people.every.get(name) if people is not None else None
        return name if one is None else one.label(self.locale)

    def named(self, key: str, said: str) -> str | None:
        """A setting or a role by its title; None where nobody has given it one."""
        forms = self.form.forms
        if key == "HASROLE":
            return forms.roles[said](self.locale) if said in forms.roles else None
        title = forms.settings.get(said, {}).get("title")
        return None if title is None else label(title, self.locale)

    def name(self, name: Name) -> str:
        """A field by its label; behind a relation with the label of the relation."""
        one = self.rows.get(name.parts[0]) or self.form.every.get(name.parts[0])
        if one is None:
            truth = TRUTH[self.side].get(name.parts[0].lower())
            listed = self.form.reverse(name.parts[0]) if len(name.parts) == 1 else None
            if listed is not None:
                return MORE[self.side]["name"].format(name=listed.form.label(self.locale))
            return truth or ".".join(name.parts)
        labels = [one.label(self.locale)]
        for part in name.parts[1:]:
            following = None if one is None else one.rows.get(part)
            if one is not None and one.target is not None:
                following = getattr(one.target, "every", {}).get(part)
            labels.append(part if following is None else following.label(self.locale))
            one = following
        text = labels[0]
        for inner in labels[1:]:
            text = MORE[self.side]["of"].format(inner=inner, outer=text)
        return MORE[self.side]["name"].format(name=text)

    def field(self, syntax: Syntax) -> Field | None:
        """The field that a name means, behind relations too."""
        if not isinstance(syntax, Name):
            return None
        one = self.rows.get(syntax.parts[0]) or self.form.every.get(syntax.parts[0])
        for part in syntax.parts[1:]:
            if one is None:
                return None
            one = getattr(one.target, "every", {}).get(part) if one.target is not None else one.rows.get(part)
        return one

    def beside(self, syntax: Syntax, one: Field | None) -> str:
        """A value beside a field: a key is the word of its option, a number of a percent field a percentage."""
        if isinstance(syntax, Literal) and one is not None:
            if isinstance(syntax.value, str) and one.choice(syntax.value) is not None:
                return MORE[self.side]["text"].format(text=_option(one, syntax.value, self.locale))
            percent = one.options.get("percent") or one.type.key == "percent"
            if isinstance(syntax.value, Decimal) and percent:
                return MORE[self.side]["percent"].format(number=plain(syntax.value * 100))
        return self.say(syntax)

    def apply(self, call: Apply, around: str) -> str:
        """A call: with words where it has some."""
        arguments = call.arguments
        if call.operator:
            return self.operator(call, around)
        function = find_function(call.name)
        key = function.key if function is not None else call.name.upper()
        if key in ("AND", "OR") and arguments:
            joined = MORE[self.side][key].join(self.say(one, key) for one in arguments)
            return f"({joined})" if around and around != key and len(arguments) > 1 else joined
        if key == "NOT" and len(arguments) == 1:
            one = self.field(arguments[0])
            if one is not None:
                return MORE[self.side]["no"].format(name=self.say(arguments[0]))
            return MORE[self.side]["not"].format(what=self.say(arguments[0], "NOT"))
        words = CALLS[self.side].get(f"{key}/{len(arguments)}")
        first = arguments[0] if len(arguments) == 1 else None
        if key in ("SETTING", "HASROLE") and isinstance(first, Literal):
            title = self.named(key, str(first.value))
            if title is not None:
                shown = MORE[self.side]["name"].format(name=title)
                return shown if words is None else words.format(shown)
        said = self.arguments(arguments)
        return words.format(*said) if words is not None else f"{call.name}({', '.join(said)})"

    def arguments(self, arguments: tuple[Syntax, ...]) -> list[str]:
        """The arguments of a call; what stands behind rows is computed in each of them and names their fields."""
        if not arguments:
            return []
        said, around = [self.say(arguments[0])], self.rows
        self.rows = {**around, **self.fields_of(arguments[0])}
        try:
            return [*said, *(self.say(one) for one in arguments[1:])]
        finally:
            self.rows = around

    def fields_of(self, syntax: Syntax) -> Mapping[str, Field]:
        """The fields of the rows that a first argument means; none where it means no rows."""
        if isinstance(syntax, Apply) and not syntax.operator and syntax.name.upper() == "FILTER" and syntax.arguments:
            return self.fields_of(syntax.arguments[0])
        one = self.field(syntax)
        if one is None:
            listed = self.form.reverse(syntax.parts[0]) if isinstance(syntax, Name) and len(syntax.parts) == 1 else None
            return {} if listed is None else listed.form.every
        return one.rows or (getattr(one.target, "every", {}) if one.type.storage == "links" else {})

    def operator(self, call: Apply, around: str) -> str:
        """A comparison in words, arithmetic with its signs."""
        if len(call.arguments) == 1:
            return ("-" if call.name == "negate" else "") + self.say(call.arguments[0], "*")
        if call.name in COMPARES[self.side]:
            left, right = call.arguments
            return self.compare(call.name, left, right)
        # a chain of `&` has more than two parts
        text = f" {SIGNS.get(call.name, call.name)} ".join(self.say(one, call.name) for one in call.arguments)
        return f"({text})" if STRENGTH.get(around, 0) > STRENGTH.get(call.name, 0) else text

    def compare(self, sign: str, left: Syntax, right: Syntax) -> str:
        """Two values compared."""
        one, other = self.field(left), self.field(right)
        if isinstance(right, Literal) and right.value == "" and sign in ("=", "<>"):
            return MORE[self.side]["is_blank" if sign == "=" else "is_filled"].format(name=self.say(left))
        kinds = [each.type.formula_type(each) for each in (one, other) if each is not None]
        days = Type.DATE in kinds or Type.DATETIME in kinds
        words = DATES[self.side].get(sign) if days else None
        words = words or COMPARES[self.side][sign]
        return words.format(left=self.beside(left, other), right=self.beside(right, one))


def _option(one: Field | None, key: str, locale: str) -> str:
    choice = one.choice(key) if one is not None else None
    return choice.label(locale) if choice is not None else key
