"""Values as JSON for the change log, events and rows that go in as a record set: exact, and read back without loss."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from engines.form.fields.base import Link
from engines.form.fields.link import FormLink


def plain(value: Any) -> Any:
    """The JSON shape of one stored value."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Link):
        return value.id
    if isinstance(value, FormLink):
        return value.text
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return value


def encode(value: Any) -> str:
    """JSON text of values."""
    return orjson.dumps(value, default=plain).decode()
