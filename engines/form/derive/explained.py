"""The expressions of explanation fields: how a value came about, as a text that is computed with the value.

Written once, when the form is compiled: the words of the expression and of rules are fixed in it, the values stand in
it as calls. What hangs on the text of an expression (publishing, recomputing) sees a changed label as a changed
formula.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.form.collected import spec_of
from engines.form.fields.base import Field
from engines.form.fields.number import MOST_DECIMALS
from engines.form.form import Form, Reverse
from engines.form.ordering import is_many
from engines.form.rules.sentence import expression_sentence, value_sentence
from engines.formula import Expression, Type
from engines.formula.limits import MAX_LENGTH
from engines.kernel.documents import label
from engines.kernel.problems import Problem, ProblemError

LONGEST: Final = 2000
"""So many characters are kept of an explanation."""
MOST_USED: Final = 20
MOST_CHOICES: Final = 40
LONGEST_VALUE: Final = 80

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh-CN": {
        "open": "（",
        "close": "）",
        "next": "；",
        "rows": " 行",
        "blank": "（空）",
        "yes": "是",
        "no": "否",
        "rule": "：由规则“{title}”设置",
        "when": "，当{when}",
        "to": "，设为{value}",
        "may": "：可能由规则“{title}”设置",
        "default": "：默认值，{value}",
        "follow": "：随公式而变，{value}",
        "linked": "：取自“{form}”",
        "hand": "：手工填写",
        "after": "：手工修改过，不再符合规则",
    },
    "en": {
        "open": " (",
        "close": ")",
        "next": "; ",
        "rows": " rows",
        "blank": "(blank)",
        "yes": "yes",
        "no": "no",
        "rule": ": set by the rule “{title}”",
        "when": ", when {when}",
        "to": ", to {value}",
        "may": ": may be set by the rule “{title}”",
        "default": ": the default, {value}",
        "follow": ": follows {value}",
        "linked": ": taken from {form}",
        "hand": ": entered by hand",
        "after": ": changed by hand since, it no longer follows the rule",
    },
}

Compile = Callable[[str, str], Expression]
"""Compiles a text over a record or the rows of a sub-form (its key, or ""). Raises `ProblemError`."""


def explain_fields(
    form: Form,
    compiled: Compile,
    steps: Callable[[str, tuple[str, ...]], Iterable[tuple[Form, str, Field | Reverse]]],
    report: Callable[[Field, Problem], None],
) -> None:
    """Write the expression of every explanation field of a form. `steps` tells what stands along a path."""
    for fields in (form.fields, *(sub.fields for sub in form.every_subform())):
        for one in fields.values():
            explained = fields.get(one.options.get("of", "")) if one.type.key == "explanation" else None
            if explained is None:
                continue
            for text in _Writer(form, explained, one.options["language"], compiled, steps).texts():
                try:
                    one.expression = compiled(text, one.subform or "")
                except ProblemError:
                    continue
                one.options["expression"] = text
                one.options["store"] = "always" if explained.options.get("store") == "always" else "auto"
                break
            quoted = {} if one.expression is None else _quoted(one, one.expression, steps)
            for secret in quoted.values():
                message = f"The explanation would write out {secret.label}, which not everybody may read in full"
                report(one, Problem("explanation.secret", "of", message, {"label": secret.label.value}))


def is_secret(one: Field) -> bool:
    """Whether a value may not be written out elsewhere: it is masked, or encrypted."""
    return one.mask is not None or one.encrypted


def _quoted(one: Field, expression: Expression, steps: Any) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for path in expression.references:
        for _, _, each in steps(one.subform or "", path):
            if isinstance(each, Field) and is_secret(each):
                found[f"{each.form_key}.{each.path}"] = each
    return found


@dataclass(frozen=True)
class _Writer:
    """Writes the explanation of one field in one language."""

    form: Form
    one: Field
    locale: str
    compiled: Compile
    steps: Callable[[str, tuple[str, ...]], Iterable[tuple[Form, str, Field | Reverse]]]

    @property
    def words(self) -> Mapping[str, str]:
        return _WORDS[self.locale]

    def texts(self) -> Iterator[str]:
        """Expressions, the best one first; what cannot be compiled or kept gives way to the next."""
        head = [_quote(f"{self.one.label(self.locale)} = ")]
        if self.one.expression is not None:
            said = self.say(self.one.expression.text)
            yield from self._joined([_quote(f"{self.one.label(self.locale)} = {said} = "), self.value()], True)
            yield from self._joined([_quote(f"{self.one.label(self.locale)} = {said}")], False)
            return
        told = self.origin(tested=True)
        if told is not None:
            yield f"LEFT(CONCAT({', '.join([*head, self.value(), told])}), {LONGEST})"
        plain = self.origin(tested=False)
        yield f"LEFT(CONCAT({', '.join([*head, self.value(), *([plain] if plain else [])])}), {LONGEST})"
        yield _quote(self.one.label(self.locale))

    def _joined(self, parts: list[str], values: bool) -> Iterator[str]:
        """The parts with as many of the values used as there is room for."""
        used = list(self.used(self.one.expression.references)) if values else []
        for number in sorted({len(used), min(len(used), 8), min(len(used), 3), 0}, reverse=True):
            text = f"LEFT(CONCAT({', '.join([*parts, *self.bracket(used[:number])])}), {LONGEST})"
            if len(text) <= MAX_LENGTH:
                yield text

    def bracket(self, used: list[list[str]]) -> list[str]:
        """`（a；b）` of parts."""
        found: list[str] = []
        for number, one in enumerate(used):
            found += [_quote(self.words["next" if number else "open"]), *one]
        return [*found, _quote(self.words["close"])] if found else []

    def say(self, text: str) -> str:
        """An expression as people read it."""
        return expression_sentence(self.form, text, self.locale, self.one.subform)[:1000]

    def says(self, text: str) -> str:
        """An expression that gives the explained value, as people read it."""
        return value_sentence(self.form, self.one.path, text, self.locale, self.one.subform)[:1000]

    # -- values -------------------------------------------------------------------------------------------------------

    def value(self) -> str:
        """The explained value as text."""
        return self.shown(self.one.key, self.one) or f"TEXT({self.one.key})"

    def used(self, references: Iterable[tuple[str, ...]]) -> Iterator[list[str]]:
        """What the paths of an expression lead to: values, and of rows how many there are."""
        counted: set[tuple[str, ...]] = set()
        for path in sorted(references):
            found = list(self.steps(self.one.subform or "", path))
            if len(found) < len(path) or len(counted) > MOST_USED:
                continue
            labels = [self._label(each) for _, _, each in found]
            many = next((at for at, (_, _, each) in enumerate(found) if is_many(each)), None)
            if many is not None:
                rows = path[: many + 1]
                near = many == 0 and isinstance(found[0][2], Field)
                if rows not in counted and (near or self.one.type.key != "rollup"):
                    counted.add(rows)
                    name = " › ".join(labels[: many + 1])
                    yield [_quote(f"{name} "), f"TEXT(COUNT({'.'.join(rows)}))", _quote(self.words["rows"])]
                continue
            end = found[-1][2]
            shown = self.shown(".".join(path), end) if isinstance(end, Field) else None
            if shown is not None and path not in counted:
                counted.add(path)
                yield [_quote(f"{' › '.join(labels)} "), shown]

    def _label(self, found: Field | Reverse) -> str:
        return found.form.label(self.locale) if isinstance(found, Reverse) else found.label(self.locale)

    def shown(self, name: str, one: Field) -> str | None:
        """A value as an expression that gives its text; None for values without one (relations, files)."""
        options = one.options
        match one.type.formula_type(one):
            case Type.NUMBER:
                text = self._number(name, one, options)
            case Type.DATE:
                text = f'TEXT({name}, "{_DATES.get(options.get("precision") or "day", _DATES["day"])}")'
            case Type.DATETIME:
                text = f'TEXT({name}, "yyyy-mm-dd hh:mm")'
            case Type.BOOLEAN:
                return f"IF({name}, {_quote(self.words['yes'])}, {_quote(self.words['no'])})"
            case Type.TEXT if one.choices and len(one.choices) <= MOST_CHOICES:
                cases = ", ".join(f"{_quote(each.key)}, {_quote(each.label(self.locale))}" for each in one.choices)
                text = f"SWITCH({name}, {cases}, {name})"
            case Type.TEXT if not one.type.target_form(one):
                text = f"LEFT({name}, {LONGEST_VALUE})"
            case _:
                return None
        return f"IF(ISBLANK({name}), {_quote(self.words['blank'])}, {text})"

    def _number(self, name: str, one: Field, options: Mapping[str, Any]) -> str:
        percent = bool(options.get("percent")) or one.type.key == "percent"
        decimals = options.get("decimals")
        if decimals is None and one.type.key not in ("formula", "rollup"):
            return f"TEXT({name})"
        places = "#" * MOST_DECIMALS if decimals is None else "0" * int(decimals)
        whole = "#,##0" if options.get("grouping") and not percent else "0"
        pattern = whole + (f".{places}" if places else "") + ("%" if percent else "")
        return f'TEXT({name}, "{pattern}")'

    # -- values that people or rules give -----------------------------------------------------------------------------

    def origin(self, *, tested: bool) -> str | None:
        """Where an entered value comes from, as an expression; without `tested` as a fixed text."""
        setters = list(self.setters())
        spec = spec_of(self.form, self.one)
        follows = spec.get("follow")
        told = _quote(self.words["after" if setters else "hand"])
        given = follows or spec.get("default")
        if isinstance(given, str):
            kind = "follow" if follows else "default"
            text = _quote(self.words[kind].format(value=self.says(given)))
            told = f"IF({self.same(given)}, {text}, {told})" if tested else text
        if spec.get("linkage"):
            source = self.form.forms.by_key.get(str(spec["linkage"].get("form")))
            told = _quote(self.words["linked"].format(form=source.label(self.locale) if source else ""))
        fixed = []
        for rule, value in setters:
            when = rule.get("when")
            title = label(rule.get("title") or rule["key"], self.locale)
            said = self.words["rule" if tested else "may"].format(title=title)
            said += self.words["when"].format(when=self.say(when)) if when else ""
            said += self.words["to"].format(value=self.says(value))
            if not tested:
                fixed.append(said)
                continue
            holds = f"AND({when}, {self.same(value)})" if when else self.same(value)
            parts = [_quote(said), *self.bracket(list(self.used(self.read(value, when))))]
            told = f"IF({holds}, CONCAT({', '.join(parts)}), {told})"
        if tested:
            return told if self._kept(told) else None
        return _quote("".join(fixed)) if fixed else (told if isinstance(given, str) or spec.get("linkage") else None)

    def same(self, text: str) -> str:
        """Whether the stored value is what an expression gives."""
        if text.strip() in ('""', "''"):
            return f"ISBLANK({self.one.key})"
        return f"{self.one.key} = ({text})"

    def read(self, *texts: str | None) -> set[tuple[str, ...]]:
        """The paths that expressions read."""
        found: set[tuple[str, ...]] = set()
        for text in texts:
            try:
                found |= self.compiled(text, self.one.subform or "").references if text else set()
            except ProblemError:
                continue
        return found - {(self.one.key,)}

    def _kept(self, text: str) -> bool:
        """Whether a text may be kept: it asks neither the clock nor the person, nor other records."""
        try:
            made = self.compiled(text, self.one.subform or "")
        except ProblemError:
            return False
        if made.volatile or made.settings or made.needs_server:
            return False
        for path in made.references:
            found = list(self.steps(self.one.subform or "", path))
            if any(isinstance(each, Reverse) or each.form_key != self.form.key for _, _, each in found):
                return False
        return True

    def setters(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The rules that may set the field, in their order, with what they set it to."""
        for rule in self.form.document.get("rules", ()):
            for action in rule.get("actions", ()):
                if action.get("do") == "set" and self.one.path in action.get("fields", ()) and action.get("value"):
                    yield rule, str(action["value"])


_DATES: Final[Mapping[str, str]] = {"day": "yyyy-mm-dd", "month": "yyyy-mm", "year": "yyyy"}


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
