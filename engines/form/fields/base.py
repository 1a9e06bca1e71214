# ruff: noqa: ARG002
"""What a field is and what every field type promises.

A field type is one small stateless class in a module of its own; `engines.form.fields` lists them. Callers ask the
type and never compare its key. Values inside the engine are Python values: text is `str`, numbers are `Decimal`, days
are `date`, instants are aware `datetime` in UTC, one related record is its id (or a `Link` where it was read), many are
a tuple of them, rows of a sub-form are mappings. A blank is always `None`: the empty text and the empty list are blank.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.types import TypeEngine

from engines.form.fields.operators import BLANK, compare
from engines.form.protect.cipher import Sealing
from engines.form.protect.masks import Mask
from engines.form.transaction import Transaction
from engines.formula.types import Scores, Type
from engines.kernel.checking import check as check_schema
from engines.kernel.documents import described, label
from engines.kernel.problems import Problem, Rejected

Storage = Literal["none", "column", "children", "links"]
Group = Literal["text", "number", "choice", "time", "people", "link", "file", "layout", "advanced"]


@dataclass(frozen=True, slots=True)
class Words:
    """A label in one or more languages: `words("zh-CN")`."""

    value: str | Mapping[str, str] | None

    def __call__(self, locale: str = "en") -> str:
        return label(self.value, locale)

    def __str__(self) -> str:
        return self("en")

    def all(self) -> tuple[str, ...]:
        """The words of every language."""
        if self.value is None:
            return ()
        return (self.value,) if isinstance(self.value, str) else tuple(self.value.values())


@dataclass(frozen=True, slots=True)
class Link:
    """One record, member or department that a field points at, as it was read: with its title."""

    id: int
    title: str = ""
    left: bool = field(default=False, compare=False)
    """A member who left or a department that was closed: shown as such, and not offered any more."""
    record: int | None = field(default=None, compare=False)
    """Of a row of a sub-form: the record that it stands in."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a choice field. A disabled one stays readable and cannot be chosen any more."""

    key: str
    label: Words
    color: str | None = None
    disabled: bool = False
    score: Decimal | None = None
    hint: Words = Words(None)


@dataclass(frozen=True, slots=True)
class Context:
    """Where a value is read or shown: language, zone, clock and person.

    `lookup(form, text)` finds a record of a form by what people call it (title, key column, e-mail) for imports;
    None where only ids are accepted. Filters note in `compared` which masked fields were compared with a whole value,
    as `Transaction` says.
    """

    locale: str = "zh-CN"
    zone: str = "Asia/Shanghai"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    member: int | None = None
    subordinates: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    lookup: Callable[[str, str], int | None] | None = None
    compared: set[tuple[str, str]] | None = field(default=None, compare=False)

    @classmethod
    def of(cls, tx: Transaction) -> "Context":
        """The context of a transaction's actor."""
        actor = tx.actor
        near = actor.departments | actor.managed_departments
        return cls(actor.locale, actor.zone, tx.now, actor.id, actor.subordinates, near, compared=tx.compared)


class Target(Protocol):
    """What a relation needs to know of the form it points at (a compiled `Form`)."""

    @property
    def key(self) -> str: ...
    @property
    def table(self) -> Table: ...
    @property
    def title_field(self) -> str | None: ...


@dataclass(slots=True, eq=False)
class Field:
    """One field of a compiled form, or of a sub-form (then `subform` is the sub-form's key).

    `options` has the type's defaults filled in. `default` and `expression` are compiled expressions (None when there is
    none); `live` marks a formula that is computed in the SELECT and has no column. `target` is the compiled form of a
    relation, member or department field; `rows` are the fields of a sub-form; `links` and `child` the extra tables.
    `end` is the field at the end of a lookup's path, `conditions` the compiled conditions of its options.
    `within` are the fields beside which a value must be unique, `compared` says that another field is unique beside
    this one. An `encrypted` one lies sealed in its column, with a digest beside it; `sealing` opens what is sealed.
    """

    key: str
    type: "FieldType"
    label: Words
    form_key: str
    options: dict[str, Any] = field(default_factory=dict)
    required: bool = False
    unique: bool = False
    within: tuple["Field", ...] = ()
    compared: bool = False
    mask: Mask | None = None
    encrypted: bool = False
    sealing: Sealing | None = None
    readonly: bool = False
    hidden: bool = False
    help: Words = Words(None)
    placeholder: Words = Words(None)
    width: int | None = None
    subform: str | None = None
    default: Any = None
    expression: Any = None
    follow: Any = None
    linkage: Any = None
    normalise: tuple[str, ...] = ()
    live: bool = False
    sort_by_name: bool = False
    choices: tuple[Choice, ...] = ()
    conditions: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, "Field"] = field(default_factory=dict)
    target: Target | None = None
    links: Table | None = None
    child: Table | None = None
    end: "Field | None" = None
    currency: Any = None
    """Of an amount whose record says the currency: how it is found (`engines.form.rates.compile.Currency`)."""
    parts: "dict[str, Field]" = field(default_factory=dict)
    """Of a relation to one of several forms: the fields it consists of, by their names in expressions."""

    @property
    def path(self) -> str:
        """`amount`, or `lines.qty` for a field of a sub-form."""
        return f"{self.subform}.{self.key}" if self.subform else self.key

    @property
    def storage(self) -> Storage:
        """Where the value lives: a column, child rows, link rows, or nowhere (computed when read)."""
        return "none" if self.live else self.type.storage_of(self)

    @property
    def sort_key(self) -> str:
        """The column that holds the folded pinyin form for sorting (only with `sort_by_name`)."""
        return f"{self.key}__sort"

    @property
    def fold_key(self) -> str:
        """The column that holds the folded form for uniqueness (only for unique texts)."""
        return f"{self.key}__fold"

    @property
    def digest_key(self) -> str:
        """The column that holds the keyed digest of an encrypted value."""
        return f"{self.key}__digest"

    @property
    def unique_key(self) -> str:
        """The column by which values are compared for uniqueness: the folded form of texts, the digest of sealed."""
        if self.encrypted:
            return self.digest_key
        return self.fold_key if self.type.folds and (self.unique or self.compared) else self.key

    @property
    def scores(self) -> Scores:
        """What the options count, without those that count nothing: what `SCORE(field)` is made of."""
        return tuple((one.key, one.score) for one in self.choices if one.score is not None)

    def choice(self, key: str) -> Choice | None:
        """The option with this key."""
        return next((one for one in self.choices if one.key == key), None)


def reject(code: str, message: str, **params: Any) -> Rejected:
    """One problem with the value at hand; the caller puts the field's path before it (`Problem.under`)."""
    return Rejected(Problem(code, "", message, params))


class FieldType:
    """A kind of field. Subclasses set the class attributes and override what is special about them."""

    key: ClassVar[str]
    icon: ClassVar[str]
    title: ClassVar[Mapping[str, str]]
    description: ClassVar[Mapping[str, str]]
    group: ClassVar[Group] = "text"  # where the designer's palette offers it
    sample_text: ClassVar[Mapping[str, str]] = {}  # what the designer shows as a value, where a sample would not do
    is_value: ClassVar[bool] = True  # False: only something on the page (a note, a button): not in lists, API, imports
    option_properties: ClassVar[Mapping[str, Any]] = {}
    required_options: ClassVar[tuple[str, ...]] = ()
    storage: ClassVar[Storage] = "column"
    formula: ClassVar[Type] = Type.TEXT
    indexed: ClassVar[bool] = False  # whether lists filter and sort by it so often that it gets an index
    searchable: ClassVar[bool] = False  # whether the search over records finds its words
    sortable: ClassVar[bool] = True
    totals: ClassVar[bool] = False  # whether a totals row may add it up
    may_be_unique: ClassVar[bool] = False
    may_be_encrypted: ClassVar[bool] = False  # whether the values are texts that people give
    always_unique: ClassVar[bool] = False
    in_subform: ClassVar[bool] = True
    writable: ClassVar[bool] = True  # False: the engine gives the value (formula, serial)
    has_choices: ClassVar[bool] = False
    by_engine: ClassVar[bool] = False  # whether every write may move the value, whatever it sends
    expression_option: ClassVar[str] = "expression"  # the option that the expression of `expression_of` comes from
    folds: ClassVar[bool] = False  # unique and sorted in a folded form: texts that people write
    operator_names: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "nin", "empty", "filled")

    # -- definition ---------------------------------------------------------------------------------------------

    @cached_property
    def options_schema(self) -> dict[str, Any]:
        """The closed schema of `options`; draws the designer's panel and feeds the docs."""
        schema = {"type": "object", "properties": dict(self.option_properties), "additionalProperties": False}
        if self.required_options:
            schema["required"] = list(self.required_options)
        return described(
            schema,
            (self.title["en"], self.description["en"]),
            (self.title["zh-CN"], self.description["zh-CN"]),
        )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options with the defaults of the schema filled in."""
        defaults = {name: one["default"] for name, one in self.option_properties.items() if "default" in one}
        return {**defaults, **options}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        """What is wrong with the options of a field; paths start inside the options."""
        yield from check_schema(self.options_schema, dict(options))

    def storage_of(self, field: Field) -> Storage:
        """Where this field's value lives; most types have one answer."""
        return self.storage

    def target_form(self, field: Field) -> str | None:
        """The key of the form that the value points at, if any."""
        return None

    def folded(self, options: Mapping[str, Any]) -> bool:
        """Whether the values are texts with a folded form for sorting and uniqueness."""
        return self.folds

    def formula_type(self, field: Field) -> Type:
        """The type that this field has in expressions."""
        return self.formula

    def expression_of(self, options: Mapping[str, Any]) -> str | None:
        """The text of the expression that gives the value; None where people or counters give it."""
        return None

    def expression_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> str | None:
        """The text of the expression where the fields beside it have a say in it."""
        return self.expression_of(options)

    def check_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterable[Problem]:
        """What is wrong with the options of a field seen beside the others; paths start inside the options."""
        return ()

    def conditions_of(self, options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """The conditions over the record that the options hold: where each stands in them, and its text."""
        return ()

    def choice_specs(self, options: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The options that people choose from, as a document writes them."""
        specs: Sequence[Mapping[str, Any]] = options.get("choices", ())
        return specs

    def rank(self, column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
        """What lists are ordered by, for the column that the values lie in."""
        return column

    def keeps(self, field: Field) -> bool | None:
        """Whether a computed value is stored: always, never, or (None) where the record itself decides it."""
        return None

    def look(self, field: Field) -> str:
        """The key of the type whose look a value has: a formula looks like its result."""
        return self.key

    # -- columns ------------------------------------------------------------------------------------------------

    def column_type(self, field: Field) -> TypeEngine[Any]:
        """The type of the one column; only asked where the storage is a column."""
        raise NotImplementedError

    def columns(self, field: Field) -> list[Column[Any]]:
        """New columns for a table, none for types that live elsewhere. The first one holds the value."""
        if field.storage != "column":
            return []
        kind = self.column_type(field)
        columns: list[Column[Any]] = [Column(field.key, kind)]
        if self.folds and field.sort_by_name:
            columns.append(Column(field.sort_key, kind))
        if self.folds and (field.unique or field.compared):
            columns.append(Column(field.fold_key, kind))
        return columns

    def made_of(self, field: Field, forms: Mapping[str, Any]) -> dict[str, Field]:
        """The fields that one consists of, by their names in expressions: `target.customer`; `forms` are compiled."""
        return {}

    def reads(self, field: Field) -> tuple[str, ...]:
        """The forms in which a cell of a file may name a record."""
        target = self.target_form(field)
        return () if target is None else (target,)

    def derived_keys(self, field: Field) -> tuple[str, ...]:
        """Columns beside those for sorting and uniqueness that `to_columns` derives from the value."""
        return ()

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        """What is written for a parsed value, by column name. Empty where the value lives elsewhere."""
        return {field.key: value} if field.storage == "column" else {}

    def from_column(self, stored: Any, field: Field) -> Any:
        """The value for what the database gave."""
        return stored

    def sort_columns(self, field: Field) -> list[str]:
        """The columns to order by, best first; empty where there is no order."""
        if not self.sortable or field.storage != "column":
            return []
        return [field.sort_key if self.folds and field.sort_by_name else field.key]

    # -- values -------------------------------------------------------------------------------------------------

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Any:
        """The value for what a page or the API sent; None for a blank. Raises `Rejected`, paths inside the value."""
        raise NotImplementedError

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        """What is wrong with a parsed, filled value: limits, not existence. Never asked about a blank."""
        return ()

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        """The value as people read it, one line where possible; empty for a blank."""
        return "" if value is None else str(value)

    def to_json(self, value: Any, field: Field) -> Any:
        """The value in the API, exact: `from_json` gives it back."""
        return value

    def from_json(self, raw: Any, field: Field, context: Context | None = None) -> Any:
        """The value for what `to_json` gave; the same as parsing input."""
        return self.parse(raw, field, context)

    def search_text(self, value: Any, field: Field) -> str:
        """The words by which the search finds the record; empty where it should not."""
        return value if self.searchable and isinstance(value, str) else ""

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """The value for a cell of a file (a text, or what a workbook holds). Raises `Rejected`."""
        return self.parse(cell, field, context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        """What a file gets: a text, Decimal, date or bool, such that `import_cell` gives the value back."""
        return None if value is None else self.display(value, field, context.locale, context.zone)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        """Options and values that the shared tests put through every path."""
        raise NotImplementedError

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        """What the input of a page shows for a value, where that is not its plain text; None for the usual way."""
        return None

    def posted(self, texts: Sequence[str], field: Field) -> Any:
        """What `parse` takes, for the texts that the inputs of one name posted."""
        return texts[-1]

    # -- filters ------------------------------------------------------------------------------------------------

    def operators(self, field: Field) -> tuple[str, ...]:
        """The filter operators that this field knows, in the order of the menu."""
        return self.operator_names

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """The checked right side of a condition, as `filter_sql` takes it. Raises `Rejected`."""
        if op in BLANK:
            return None
        if op in ("in", "nin"):
            if not isinstance(raw, list | tuple):
                raise reject("filter.list_expected", "Must be a list of values")
            return tuple(self.parse(one, field, context) for one in raw)
        if op == "between":
            if not isinstance(raw, list | tuple) or len(raw) != 2:
                raise reject("filter.two_expected", "Must be a list of two values")
            return tuple(self.parse(one, field, context) for one in raw)
        return self.parse(raw, field, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """The condition. `column` is the value's column or live expression; for links and children the record's id.

        Never gives NULL: blank rules of EXPRESSIONS.md, 6.
        """
        return compare(column, op, value)

    # -- pages --------------------------------------------------------------------------------------------------

    @property
    def input_template(self) -> str:
        """The template that draws the input."""
        return f"fields/{self.key}_input.html"

    @property
    def display_template(self) -> str:
        """The template that draws the value."""
        return f"fields/{self.key}_display.html"


def with_options(field: Field, **options: Any) -> Field:
    """A copy of a field with other options, for types that lean on another one (formula on number)."""
    return replace(field, options={**field.options, **options})
