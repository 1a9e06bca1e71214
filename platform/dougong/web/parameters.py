"""Parameters: the typed settings that apps declare, read with their defaults and changed without publishing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from dougong.apps import store
from dougong.web.records.decor import HOSTS
from dougong.workspace.tables import SETTING
from engines.form.transaction import Transaction
from engines.kernel.labels import Label
from engines.kernel.problems import Problem, Rejected

TEXT_LIMIT = 500
EMBEDDED: Final = "embedded-pages"
"""The key of the group that an app has without declaring it, where its forms embed pages of other systems."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of an app with the value in force."""

    app: str
    key: str
    type: str
    title: Label
    help: Label
    unit: Label
    choices: tuple[Mapping[str, Any], ...]
    default: Any
    value: Any
    is_changed: bool

    @property
    def name(self) -> str:
        """The name of its input."""
        return f"{self.app}.{self.key}"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """The parameters of one document, with its title."""

    app: str
    key: str
    title: Label
    parameters: tuple[Parameter, ...]


def parameter_sets(tx: Transaction) -> list[ParameterSet]:
    """Every parameter of every app, in the order of the documents."""
    stored = {
        (row.app, row.key): row.value
        for row in tx.connection.execute(select(SETTING.c.app, SETTING.c.key, SETTING.c.value))
    }
    return [
        ParameterSet(app.key, document["key"], document["title"], tuple(_parameters(app.key, document, stored)))
        for app in store.apps(tx)
        for document in (*store.documents(tx, "parameters", app.key), *_embedded(tx, app.key))
    ]


def _embedded(tx: Transaction, app: str) -> Iterator[Mapping[str, Any]]:
    """Which hosts may be embedded, asked for where a form embeds pages and no document of the app asks already."""
    declared = {one["key"] for each in store.documents(tx, "parameters", app) for one in each.get("settings", ())}
    embeds = (one["type"] == "embed" for form in store.documents(tx, "form", app) for one in form.get("fields", ()))
    if HOSTS not in declared and any(embeds):
        yield {
            "key": EMBEDDED,
            "title": {"en": "Embedded pages", "zh-CN": "嵌入网页"},
            "settings": [
                {
                    "key": HOSTS,
                    "type": "text",
                    "title": {"en": "Allowed websites", "zh-CN": "允许嵌入的网站"},
                    "help": {
                        "en": "Forms show pages of these hosts only, such as maps.example.com; several with blanks.",
                        "zh-CN": "表单只显示这些网站的网页，例如 maps.example.com；多个以空格隔开。",
                    },
                }
            ],
        }


def _parameters(app: str, document: Mapping[str, Any], stored: Mapping[tuple[str, str], Any]) -> list[Parameter]:
    return [
        Parameter(
            app=app,
            key=one["key"],
            type=one["type"],
            title=one["title"],
            help=one.get("help", ""),
            unit=one.get("unit", ""),
            choices=tuple(one.get("choices", ())),
            default=one.get("default"),
            value=stored.get((app, one["key"]), one.get("default")),
            is_changed=(app, one["key"]) in stored,
        )
        for one in document.get("settings", ())
    ]


def save_parameters(tx: Transaction, app: str, key: str, raw: Mapping[str, str]) -> int:
    """Store the values of one document; a blank one goes back to its default. Gives how many changed.

    Raises `Rejected` with every value that does not fit.
    """
    found = next((each for each in parameter_sets(tx) if (each.app, each.key) == (app, key)), None)
    parameters = found.parameters if found is not None else ()
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for each in parameters:
        try:
            value = parse(each, raw.get(each.name, ""))
            values[each.key] = None if value == each.default else value
        except Rejected as error:
            problems += error.problems
    if problems:
        raise Rejected(problems)
    changed = [each for each in parameters if values[each.key] != (each.value if each.is_changed else None)]
    for each in changed:
        _store(tx, each, values[each.key])
    return len(changed)


def _store(tx: Transaction, parameter: Parameter, value: Any) -> None:
    where = (SETTING.c.app == parameter.app, SETTING.c.key == parameter.key)
    if value is None:
        tx.connection.execute(delete(SETTING).where(*where))
        return
    row = {"app": parameter.app, "key": parameter.key, "value": value, "changed_at": tx.now, "changed_by": tx.actor.id}
    query = insert(SETTING).values(row)
    new = {name: query.excluded[name] for name in ("value", "changed_at", "changed_by")}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["app", "key"], set_=new))


def parse(parameter: Parameter, raw: str) -> Any:
    """The JSON value of what was typed; None for a blank. Raises `Rejected`."""
    text = raw.strip()
    if parameter.type == "boolean":
        return text in ("1", "true", "on")
    if not text:
        return None
    match parameter.type:
        case "number":
            return _number(parameter, text)
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise _wrong(parameter, "parameter.not_a_date", "Enter a day, like 2026-06-05") from None
        case "choice":
            if text not in [choice["key"] for choice in parameter.choices]:
                raise _wrong(parameter, "parameter.not_a_choice", "Choose one of the options")
            return text
        case _:
            if len(text) > TEXT_LIMIT:
                raise _wrong(parameter, "parameter.too_long", f"At most {TEXT_LIMIT} characters", limit=TEXT_LIMIT)
            return text


def _number(parameter: Parameter, text: str) -> int | float:
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise _wrong(parameter, "parameter.not_a_number", "Enter a number")
    return int(number) if number == number.to_integral_value() else float(number)


def _wrong(parameter: Parameter, code: str, message: str, **params: Any) -> Rejected:
    return Rejected(Problem(code, parameter.name, message, params))
