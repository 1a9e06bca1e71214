"""Names of the columns that the engine adds to every table of records (D3). No field key begins with `_`."""

from typing import Final

ID: Final = "id"
VERSION: Final = "_version"
CREATED_AT: Final = "_created_at"
CREATED_BY: Final = "_created_by"
UPDATED_AT: Final = "_updated_at"
UPDATED_BY: Final = "_updated_by"
OWNER: Final = "_owner"
DEPARTMENT: Final = "_dept"
FLOW_STATE: Final = "_flow_state"
DELETED: Final = "_deleted_at"
SEARCH: Final = "_search"
"""`tsvector` of folded pieces of texts, each behind the key of its field: only what may be seen is searched."""

PARENT: Final = "_parent"
POSITION: Final = "_position"
"""Of the rows of a sub-form: the record they belong to, and their order."""

LINK_SOURCE: Final = "record_id"
LINK_TARGET: Final = "target_id"
LINK_POSITION: Final = "position"
"""Of the links of a relation to many."""
