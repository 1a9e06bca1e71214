"""What will be computed: which numbers the reader may have, in which order, how many groups. Pure but for rights."""

from dataclasses import dataclass

from engines.formula import Expression
from engines.kernel.problems import Forbidden, Problem
from engines.report.columns import Item
from engines.report.reader import Reader
from engines.report.resolve import Asked, Source
from engines.report.visuals import VISUALS


@dataclass(frozen=True, slots=True)
class Order:
    """By a dimension or measure; `whole` orders by the number of the first dimension's group over all its series,
    `blanks_last` puts the records without a name behind all others, however many they are."""

    key: str
    descending: bool = False
    whole: bool = False
    blanks_last: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A question for one reader. `hidden` are measures that stay empty; `top` keeps groups of the first dimension."""

    asked: Asked
    hidden: frozenset[str]
    order: tuple[Order, ...]
    top: int | None
    others: bool

    @property
    def apart(self) -> bool:
        """Whether the first dimension's groups must be chosen before the rest is grouped."""
        return self.top is not None and (self.others or len(self.asked.axes) > 1)


def plan_question(asked: Asked, reader: Reader) -> Plan:
    """The plan for a reader. Raises `Forbidden` when a dimension may not be seen at all: there is nothing to show.

    A measure over something hidden stays in the answer without numbers, so that the reader sees that it is withheld.
    """
    sees = Sight(asked.source, reader)
    for axis in asked.axes:
        if not sees.item(axis.item):
            message = f"You may not see {axis.item.label}"
            raise Forbidden(Problem("report.dimension_hidden", f"dimensions.{axis.key}", message, {"key": axis.key}))
    hidden: set[str] = set()
    for part in asked.parts:
        seen = (part.item is None or sees.item(part.item)) and (part.filter is None or sees.expression(part.filter))
        if not seen:
            hidden.add(part.key)
    hidden |= {one.key for one in asked.measures if not hidden.isdisjoint(one.needs)}
    question = asked.question
    return Plan(asked, frozenset(hidden), _order(asked), question.limit, question.others and question.limit is not None)


class Sight:
    """Whether a reader may see a column in any row."""

    def __init__(self, source: Source, reader: Reader) -> None:
        self.source = source
        self.reader = reader

    def item(self, item: Item) -> bool:
        """Whether a column, and every relation on the way to it, may be seen in some rows."""
        if item.expression is not None:
            return self.expression(item.expression)
        form, join = item.form, item.join
        if self._hides(form.key, item.key):
            return False
        while join is not None:
            joined = self.source.joins[join]
            parent = self.source.joins[joined.parent].form if joined.parent else self.source.form
            if self._hides(parent.key, joined.field):
                return False
            join = joined.parent
        return True

    def expression(self, expression: Expression) -> bool:
        """Whether everything of the form that an expression names may be seen in some rows."""
        for path in expression.references:
            computed = self.source.columns.get(path[0])
            if computed is not None and computed.expression is not None:
                if not self.expression(computed.expression):
                    return False
            elif self._hides(self.source.form.key, path[0]):
                return False
        return True

    def _hides(self, form: str, key: str) -> bool:
        target = self.source.form.forms.target(form)
        return key in target.fields and self.reader.see(target, key, target.table) is False


def _order(asked: Asked) -> tuple[Order, ...]:
    """The order asked for, else the natural one: dates and options as they follow, names by the first measure."""
    series = VISUALS.get(asked.question.visual).series and len(asked.axes) > 1
    order: list[Order] = []
    for sort in asked.question.sort:
        order.append(Order(sort.key, sort.descending, series and asked.axis(sort.key) is None))
    named = {one.key for one in order}
    if not order and asked.axes and not asked.axes[0].item.ordered and asked.measures:
        order.append(Order(asked.measures[0].key, True, series, blanks_last=True))
    return (*order, *(Order(axis.key) for axis in asked.axes if axis.key not in named and axis.item.ordered))
