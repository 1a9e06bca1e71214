"""All system tables of a workspace, whoever owns them, made in its schema.

Whoever adds a module of tables adds one line here; `create` is repeated by every `dougong migrate`, so a new table
appears in every workspace.
"""

from sqlalchemy import Connection, MetaData

from dougong.apps import tables as apps
from dougong.public import tables as public
from dougong.workspace import tables as host
from engines.form import system as form
from engines.form.moments import tables as moments
from engines.form.protect import tables as protect
from engines.form.stages import tables as stages
from engines.workflow import tables as workflow

METADATA: tuple[MetaData, ...] = (
    host.METADATA,
    apps.METADATA,
    form.METADATA,
    workflow.METADATA,
    moments.METADATA,
    stages.METADATA,
    public.METADATA,
    protect.METADATA,
)

# Columns that came later than their table.
_LATER = """
ALTER TABLE _department ADD COLUMN IF NOT EXISTS calendar text COLLATE "C";
"""

# What every transaction reads when it begins stands in one row; whoever writes the sources need not know of it.
_HEAD = """
INSERT INTO _head DEFAULT VALUES ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION _revised() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE _head SET revision = greatest(revision, NEW.id); RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION _set() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE _head SET settings = settings + 1; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER _revised AFTER INSERT ON _revision FOR EACH ROW EXECUTE FUNCTION _revised();
CREATE OR REPLACE TRIGGER _set AFTER INSERT OR UPDATE OR DELETE ON _setting
FOR EACH STATEMENT EXECUTE FUNCTION _set();
"""


def create(connection: Connection) -> None:
    """Make every system table that is missing. The connection stands in the workspace's schema as its owner role.

    Rights need no words: the owner's default privileges give the workspace role its four (`create_workspace`).
    """
    for metadata in METADATA:
        metadata.create_all(connection)
    connection.exec_driver_sql(_LATER + workflow.LATER, execution_options={"no_parameters": True})
    connection.exec_driver_sql(_HEAD, execution_options={"no_parameters": True})
