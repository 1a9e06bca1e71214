"""Templates that read a mapping by its keys only: a field may be called `keys`, `items` or `values`."""

from collections.abc import Mapping
from typing import Any

from flask.templating import Environment


class KeyedEnvironment(Environment):
    """`values[key]` of a mapping without the key is nothing, where Jinja itself would give the method of that name."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        """What stands behind `obj[argument]`."""
        if isinstance(obj, Mapping):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)
