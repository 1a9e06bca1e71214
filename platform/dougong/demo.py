"""The demo workspace: its people, the sales starter suite and sample data that looks like a company at work."""

from dougong.apps import store
from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.identity.demo import demo_accounts, make_demo
from dougong.packs.install import install, installed
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.packs.sample import load_sample
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import SYSTEM

SUITE = "suite.sales_start"
APP = "crm"
TITLE = {"zh-CN": "销售管理", "en": "Sales"}


def ensure(settings: Settings) -> list[tuple[str, str, str]]:
    """Make the demo workspace where it is missing; gives (e-mail, password, title) of the accounts to try.

    Raises `Forbidden` where others than this machine can reach the web server.
    """
    engine = make_engine(str(settings.database_url), pool_size=2, application="dougong demo")
    try:
        workspaces = Workspaces(engine, box=Box(read_secret_keys(settings)))
        info = make_demo(workspaces, settings)
        with workspaces.begin(info, SYSTEM, origin="system", read_only=True) as tx:
            there = SUITE in installed(tx, APP)
        if not there:
            _, packs = install(workspaces, info, SYSTEM, Library(), [SUITE], app=APP, title=TITLE)
            with workspaces.begin(info, SYSTEM, origin="pack") as tx:
                know_roles(tx, packs)
                load_sample(tx, store.forms(tx, APP), packs)
    finally:
        engine.dispose()
    return [(email, password, title) for title, email, password in demo_accounts()]
