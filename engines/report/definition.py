"""Datasets, questions and dashboards as frozen values, read from documents that fit their schemas.

A *dataset* says which records and what may be asked of them; a *question* asks; a *dashboard* lays answers out.
Nothing here knows a database: names are looked up in `resolve`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from engines.kernel.documents import Document, Label

Filter = Mapping[str, Any]
Granularity = Literal["day", "week", "month", "quarter", "year"]
GRANULARITIES: Final = ("day", "week", "month", "quarter", "year")
AGGREGATES: Final = ("count", "sum", "avg", "min", "max", "distinct")


@dataclass(frozen=True, slots=True)
class Format:
    """How a number is written: `1234567` with scale 10000, one decimal and the unit 万元 is `123.5 万元`."""

    unit: Label | None = None
    decimals: int | None = None
    percent: bool = False
    scale: int = 1

    @classmethod
    def read(cls, document: Mapping[str, Any] | None) -> "Format | None":
        """The format of a document, or None where it has none (the field's own format is taken then)."""
        if document is None:
            return None
        return cls(
            document.get("unit"), document.get("decimals"), document.get("percent", False), document.get("scale", 1)
        )


@dataclass(frozen=True, slots=True)
class Join:
    """A related record that columns may be taken from: `field` is a relation of the form or of an earlier join."""

    key: str
    field: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the dataset that is computed for each record."""

    key: str
    label: Label | None
    expression: str
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over many records: an aggregate of a column, or an expression over other measures."""

    key: str
    label: Label | None = None
    aggregate: str | None = None
    field: str | None = None
    filter: str | None = None
    expression: str | None = None
    format: Format | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Measure":
        """The measure of a document."""
        return cls(
            key=document["key"],
            label=document.get("label"),
            aggregate=document.get("aggregate"),
            field=document.get("field"),
            filter=document.get("filter"),
            expression=document.get("expression"),
            format=Format.read(document.get("format")),
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """The records of one form, with columns of related records, computed columns and named measures."""

    key: str
    title: Label
    form: str
    joins: tuple[Join, ...] = ()
    columns: tuple[Column, ...] = ()
    measures: tuple[Measure, ...] = ()
    filter: Filter | None = None

    @classmethod
    def read(cls, document: Document) -> "Dataset":
        """The dataset of a valid document."""
        return cls(
            key=document["key"],
            title=document["title"],
            form=document["form"],
            joins=tuple(Join(join["key"], join["field"]) for join in document.get("joins", ())),
            columns=tuple(
                Column(one["key"], one.get("label"), one["expression"], Format.read(one.get("format")))
                for one in document.get("columns", ())
            ),
            measures=tuple(Measure.read(one) for one in document.get("measures", ())),
            filter=_filter(document.get("filter")),
        )


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the numbers are told apart by. `dense`: show periods without records too; None: as the visual does."""

    key: str
    field: str
    granularity: Granularity | None = None
    label: Label | None = None
    dense: bool | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by a dimension or a measure of the question."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a dataset. `limit` keeps the first values of the first dimension; `others` gathers the rest."""

    key: str
    title: Label
    dataset: str
    visual: str
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[str | Measure, ...] = ()
    filter: Filter | None = None
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    others: bool = False
    compare: Literal["previous_period", "previous_year"] | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, document: Document) -> "Question":
        """The question of a valid document."""
        return cls(
            key=document["key"],
            title=document["title"],
            dataset=document["dataset"],
            visual=document["visual"],
            dimensions=tuple(
                Dimension(one["key"], one["field"], one.get("granularity"), one.get("label"), one.get("dense"))
                for one in document.get("dimensions", ())
            ),
            measures=tuple(one if isinstance(one, str) else Measure.read(one) for one in document["measures"]),
            filter=_filter(document.get("filter")),
            sort=tuple(Sort(one["key"], bool(one.get("descending", False))) for one in document.get("sort", ())),
            limit=document.get("limit"),
            others=bool(document.get("others", False)),
            compare=document.get("compare"),
            options=document.get("options", {}),
        )


@dataclass(frozen=True, slots=True)
class DashboardFilter:
    """A choice above the dashboard. `fields` and `tiles` name another field, or none (None), for some of them."""

    key: str
    kind: Literal["date"]
    field: str
    label: Label | None = None
    default: str | None = None
    fields: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    tiles: Mapping[str, str | None] = dataclasses.field(default_factory=dict)

    def field_of(self, tile: str, dataset: str) -> str | None:
        """The field that this filter means in a tile over a dataset; None where it shall not filter."""
        return self.tiles[tile] if tile in self.tiles else self.fields.get(dataset, self.field)


@dataclass(frozen=True, slots=True)
class Tile:
    """A place of the grid of twelve columns with the answer of one question in it."""

    key: str
    question: str
    x: int
    y: int
    w: int
    h: int
    title: Label | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Answers side by side, under common filters."""

    key: str
    title: Label
    filters: tuple[DashboardFilter, ...]
    tiles: tuple[Tile, ...]
    description: Label | None = None

    def tile(self, key: str) -> Tile | None:
        """The tile with this key."""
        return next((one for one in self.tiles if one.key == key), None)

    @classmethod
    def read(cls, document: Document) -> "Dashboard":
        """The dashboard of a valid document; tiles in reading order."""
        tiles = [
            Tile(one["key"], one["question"], one["x"], one["y"], one["w"], one["h"], one.get("title"))
            for one in document.get("tiles", ())
        ]
        return cls(
            key=document["key"],
            title=document["title"],
            filters=tuple(
                DashboardFilter(
                    one["key"],
                    one["kind"],
                    one["field"],
                    one.get("label"),
                    one.get("default"),
                    one.get("fields", {}),
                    one.get("tiles", {}),
                )
                for one in document.get("filters", ())
            ),
            tiles=tuple(sorted(tiles, key=lambda tile: (tile.y, tile.x))),
            description=document.get("description"),
        )


def _filter(value: Any) -> Filter | None:
    """A filter as JSON: an expression alone is short for `{"expression": ...}`; an empty one is none."""
    if isinstance(value, str):
        return {"expression": value}
    return value or None
