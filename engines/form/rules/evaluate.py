"""What the rules of a form say about one record: a pure function, with a twin in `platform/ui/src/form/live/rules.ts`.

`conformance/*.json` holds cases that both must answer alike. Rules are asked in the order of the document and what
comes later wins. Nothing is changed here: values that rules set are answers like the others; the write path
(`engines.form.write.behave`) gives them to the record and asks again until nothing changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engines.form.form import Form
from engines.form.rules.model import MESSAGES, Action, FormRule, Operation
from engines.formula import Facts, json_value


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a rule and where it stands: `amount`, `lines[2].qty`, or nowhere in particular."""

    rule: str
    action: str | None
    path: str

    def as_json(self) -> dict[str, Any]:
        """As the conformance files write it."""
        return {"rule": self.rule, "action": self.action, "path": self.path}


@dataclass(slots=True)
class State:
    """What holds for the fields of a record; a path that stands nowhere is as the document says.

    Paths are `amount`, `lines`, `lines[0].qty`; what a rule of the record says about `lines.qty` stands for the column
    and for every row.
    """

    shown: dict[str, bool] = field(default_factory=dict)
    required: dict[str, bool] = field(default_factory=dict)
    readonly: dict[str, bool] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    blocks: list[Message] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)
    locked: bool = False

    def sees(self, path: str) -> bool:
        """Whether a field is shown: it itself, and in a row the sub-form around it."""
        return self.shown.get(path, True) and self.shown.get(path.split("[")[0], True)

    def as_json(self) -> dict[str, Any]:
        """As the conformance files and the browser write it."""
        return {
            "shown": self.shown,
            "required": self.required,
            "readonly": self.readonly,
            "choices": {path: list(keys) for path, keys in self.choices.items()},
            "colors": self.colors,
            "values": {path: json_value(value) for path, value in self.values.items()},
            "blocks": [one.as_json() for one in self.blocks],
            "warnings": [one.as_json() for one in self.warnings],
            "locked": self.locked,
        }


@lru_cache(maxsize=1024)
def rules_for(form: Form, operation: Operation) -> tuple[FormRule, ...]:
    """The rules that count for an operation, in their order."""
    return tuple(rule for rule in form.rules if isinstance(rule, FormRule) and operation in rule.on)


@lru_cache(maxsize=1024)
def shown_by_rules(form: Form) -> frozenset[str]:
    """The fields that some rule shows: they are hidden until one does."""
    actions = (action for rule in form.rules if isinstance(rule, FormRule) for action in rule.actions)
    return frozenset(path for action in actions if action.do == "show" for path in action.fields)


def evaluate_rules(form: Form, view: Mapping[str, Any], facts: Facts, operation: Operation) -> State:
    """What the rules say about a record as expressions see it (`view`: rows of sub-forms are lists of mappings)."""
    state = State()
    asked = Asked(form, view, facts)
    for path in shown_by_rules(form):
        for place in asked.places(path, None):
            state.shown[place] = False
    for rule in rules_for(form, operation):
        for number, row in asked.rows(rule):
            if rule.when is not None and not rule.when.evaluate(row, facts):
                continue
            if rule.check is not None and not rule.check.evaluate(row, facts):
                state.blocks.append(Message(rule.key, None, asked.place(rule.field, number)))
            for action in rule.actions:
                _act(state, rule, action, asked, number, row)
    return state


@dataclass(slots=True)
class Asked:
    """One record while its rules are asked; rows are merged with the record around them once."""

    form: Form
    view: Mapping[str, Any]
    facts: Facts
    merged: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def rows(self, rule: FormRule) -> Iterator[tuple[int | None, Mapping[str, Any]]]:
        """What a rule is asked of: the record, or each row of its sub-form over the record."""
        if rule.subform is None:
            yield None, self.view
            return
        if rule.subform not in self.merged:
            rows = self.view.get(rule.subform) or ()
            self.merged[rule.subform] = [{**self.view, **row} for row in rows]
        yield from enumerate(self.merged[rule.subform])

    def places(self, path: str, number: int | None) -> Iterator[str]:
        """Where an action on a path counts: the row at hand, or the column and every row."""
        head, _, rest = path.partition(".")
        if not rest:
            yield path
        elif number is not None:
            yield f"{head}[{number}].{rest}"
        else:
            yield path
            for index in range(len(self.view.get(head) or ())):
                yield f"{head}[{index}].{rest}"

    @staticmethod
    def place(path: str | None, number: int | None) -> str:
        """Where a message stands."""
        if not path or number is None or "." not in path:
            return path or ""
        head, _, rest = path.partition(".")
        return f"{head}[{number}].{rest}"


def _act(
    state: State, rule: FormRule, action: Action, asked: Asked, number: int | None, row: Mapping[str, Any]
) -> None:
    if action.do in MESSAGES:
        place = asked.place(action.field or (action.fields[0] if action.fields else None), number)
        (state.blocks if action.do == "block" else state.warnings).append(Message(rule.key, action.key, place))
        return
    if action.do == "lock":
        state.locked = True
        return
    value = action.value.evaluate(row, asked.facts) if action.do == "set" and action.value is not None else None
    keys = _keys(action, row, asked.facts) if action.do == "choices" else ()
    for path in action.fields:
        for place in asked.places(path, number):
            match action.do:
                case "show" | "hide":
                    state.shown[place] = action.do == "show"
                case "require" | "optional":
                    state.required[place] = action.do == "require"
                case "readonly" | "editable":
                    state.readonly[place] = action.do == "readonly"
                case "color" if action.color:
                    state.colors[place] = action.color
                case "choices":
                    state.choices[place] = keys
                case "set" if "." not in path or place != path:
                    state.values[place] = _plain(value)


def _keys(action: Action, row: Mapping[str, Any], facts: Facts) -> tuple[str, ...]:
    if action.choices is None or isinstance(action.choices, tuple):
        return action.choices or ()
    value = action.choices.evaluate(row, facts)
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return tuple(value or ())


def _plain(value: Any) -> Any:
    """A value to set: a related record is its id."""
    if isinstance(value, Mapping):
        return value.get("id")
    return None if value == "" else value
