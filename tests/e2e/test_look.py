"""Every page, at a desk and on a phone, in both languages, as a demanding customer and a screen reader meet it.

What is looked at stands in `pages.py`; what is found wrong is decided by `look.js` and by axe-core. With DOUGONG_SHOTS
set to a folder, each view is photographed into it.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pages import NOT_PAGES, PAGES, View
from playwright.sync_api import Browser, Page, ViewportSize
from playwright.sync_api import Error as BrowserError

from dougong.apps import store
from dougong.config import Settings
from dougong.exports.store import list_exports
from dougong.identity.demo import PASSWORD
from dougong.imports import store as imports
from dougong.jobs.queue import cancel, read_job
from dougong.jobs.run import run_in
from dougong.packs.install import install
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.packs.sample import load_sample
from dougong.web.app import create_app
from dougong.web.i18n import catalog
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM
from engines.workflow.story import tasks_of
from tests.apps import publish_app
from tests.form.build import field as spec
from tests.form.build import form

SHOTS = os.environ.get("DOUGONG_SHOTS")
APP = "look"
EYE = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
READER = Path(__file__).parents[2] / "platform" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
WINDOWS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
# What axe-core calls serious or critical. The frame, the same on every page, is examined with the home page, and of an
# open dialog the dialog only; rows of a table are alike, a few of them are enough.
SERIOUS = """async (whole) => {
  document.querySelectorAll('tbody > tr:nth-child(n+7)').forEach((row) => row.remove());
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const where = dialog ?? (whole ? document : { exclude: ['.dg-side', '.dg-top', '.dg-bottom'] });
  const found = await axe.run(where, { resultTypes: ['violations'], reporter: 'no-passes', preload: false });
  return found.violations
    .filter((each) => ['serious', 'critical'].includes(each.impact))
    .map((each) => [each.id, each.help, ...each.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))].join(': '));
}"""
LONG = "中国（上海）自由贸易试验区临港新片区海洋高新技术装备进出口与供应链管理服务股份有限公司第三分公司"
FILE = "公司名称,行业,下次联系,备注\n测试进出口有限公司,航天,3/31/2026,第一家\n,航天,4/1/2026,没有名称\n"
PEOPLE = "姓名,经理,部门,邮箱\n马小天,,测试部,ma@demo.example\n"
# Latin words that stand on Chinese pages rightly: names, addresses, formats, codes; languages name themselves.
PLAIN = r"@|://|^/|\.(csv|xlsx|example)|^[a-z_]+:[a-z]+$|Bearer|Dougong|OpenAPI|Chrome|\bAPI\b|^v?[\d.]+$|127\.0\.0\.1"


class Door:
    """Somebody of the demo company who uses the pages without looking at them."""

    def __init__(self, browser: Browser, site: str, name: str) -> None:
        self.context = browser.new_context(base_url=site, locale="zh-CN")
        self.ask = self.context.request
        self.token = self._token("/sign-in")
        self.post("/sign-in", email=f"{name}@demo.example", password=PASSWORD)
        self.token = self._token("/")

    def _token(self, path: str) -> str:
        found = re.search(r'data-csrf="([^"]+)"', self.ask.get(path).text())
        assert found
        return found[1]

    def post(self, path: str, **form: Any) -> str:
        """Send a form; gives the address of the page that answers."""
        answer = self.ask.post(path, form={**form, "csrf_token": self.token})
        assert answer.ok, answer.text()[:2000]
        return str(answer.url)

    def upload(self, path: str, name: str, text: str) -> str:
        """Send a file to the import wizard."""
        file = {"name": name, "mimeType": "text/csv", "buffer": text.encode("utf-8-sig")}
        answer = self.ask.post(path, multipart={"csrf_token": self.token, "file": file})
        assert answer.ok, answer.text()[:2000]
        return str(answer.url)


@dataclass
class World:
    """What the addresses of `pages.py` are filled with, and the doors of those who look."""

    words: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def world(
    browser: Browser, site: str, settings: Settings, workspaces: Workspaces, company: WorkspaceInfo
) -> Iterator[World]:
    """The sales suite with sample data in an app of its own; a record in every state that a page shows."""
    _, packs = install(workspaces, company, SYSTEM, Library(), ["suite.sales_start"], app=APP, title="销售样例")
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        know_roles(tx, packs)
        load_sample(tx, store.forms(tx, APP), packs)
    doors = {name: Door(browser, site, name) for name in ("admin", "manager", "seller")}
    admin, manager, seller = doors.values()

    def number(url: str) -> int:
        return int(re.findall(r"\d+", url.partition("/a/")[2] or url.partition("/import/")[2] or url)[-1])

    def quote(discount: str) -> int:
        line = {"lines[0].name": "工业网关", "lines[0].qty": "10", "lines[0].list_price": "3200", "lines[]": "1"}
        more = {"lines[0].product": str(product), "lines[0].discount": discount, "lines[0].tax_rate": "13"}
        return number(seller.post(f"/a/{APP}/quote/new", customer=str(customer), **line, **more))

    def work(address: str) -> None:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            job = imports.get_import(tx, number(address)).job
        assert job is not None
        assert run_in(settings, workspaces, company, job)

    def task(record: int) -> int:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            return tasks_of(tx, store.forms(tx, APP).get("quote"), record)[0].id

    def first(form: str) -> int:
        page = seller.ask.get(f"/a/{APP}/{form}").text()
        return int(re.findall(rf'data-href="/a/{APP}/{form}/(\d+)"', page)[0])

    product, customer, opportunity = first("product"), first("customer"), first("opportunity")
    long = number(admin.post(f"/a/{APP}/customer/new", name=LONG, phone="021-12345678"))
    drafts = [quote("15"), quote("20"), quote("25")]
    for record in drafts[:2]:
        seller.post(f"/flow/{APP}/quote/{record}/submit", comment="战略客户，首单让利，请尽快审批")
    manager.post(f"/flow/tasks/{task(drafts[1])}/return", comment="请注明折扣理由", to="start")
    gone = number(admin.post(f"/a/{APP}/contact/new", name="欧阳娜娜", customer=str(customer)))
    admin.post(f"/a/{APP}/contact/delete", id=str(gone))
    files = [admin.upload(f"/import/{APP}/customer", "华东区客户名单（最终版）.csv", FILE) for _ in range(4)]
    people = admin.upload("/import/people", "通讯录.csv", PEOPLE)
    chosen = {"t-0-0": "name", "t-1-0": "industry", "t-2-0": "next_contact_at", "order-2-0": "mdy", "create-1-0": "1"}
    for address in (*files[:3], people):
        work(address)
    for address in files[1:3]:
        admin.post(f"{address}/columns", **chosen, go="1")
        work(address)
    admin.post(f"{files[2]}/run")
    work(files[2])
    admin.post(f"/a/{APP}/customer/export", which="all", rows="1", format="xlsx")
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        export = list_exports(tx)[0].id
    job = int(admin.post("/templates/crm.lead/install", app=APP).rpartition("/")[2])

    def shared(title: str, choice: str, **chosen: str) -> str:
        address = admin.post(f"/design/{APP}/public", title=title, form=choice)
        address = "/design" + address.rpartition("/design")[2]
        admin.post(address, title=title, **chosen)
        admin.post(f"{address}/switch", on="1")
        found = re.search(r'id="share-link">[^<]*/p/([\w-]+)', admin.ask.get(address).text())
        assert found
        return found[1]

    lead = {"fields": "name", "captcha": "1", "privacy": "所填信息仅用于业务联系。"}
    tagged = spec("labels", "tags", label={"zh-CN": "设备标签", "en": "Labels"})
    name = spec("name", "text", label={"zh-CN": "名称", "en": "Name"})
    machine = form("machine", name, tagged, title={"zh-CN": "设备", "en": "Machines"}, title_field="name")
    publish_app(workspaces, company, "looktags", {"zh-CN": "设备台账", "en": "Machines"}, [machine])
    admin.post("/a/looktags/machine/new", name="三号空压机", labels="重点、易损件")
    public_form = shared("预约产品演示", "public_form:lead", **lead)
    public_locked = shared("代理商登记", "public_form:lead", fields="name")
    admin.post(f"/design/{APP}/public/lead_2/password", password="open sesame")
    public_query = shared("查询客户登记", "public_query:customer", search="name", columns="name")
    link = re.search(r"/join/([\w-]+)", admin.ask.post("/admin/invite/link", form={"csrf_token": admin.token}).text())
    reset = re.search(
        r"/reset/([\w-]+)", admin.ask.post("/admin/members/5/password-link", form={"csrf_token": admin.token}).text()
    )
    assert link
    assert reset
    yield World(
        {
            "app": APP,
            "customer": customer,
            "opportunity": opportunity,
            "long": long,
            "quote": drafts[0],
            "returned": drafts[1],
            "draft": drafts[2],
            "task": task(drafts[0]),
            "job": job,
            "export": export,
            "invite": link[1],
            "password": reset[1],
            "public_form": public_form,
            "public_locked": public_locked,
            "public_query": public_query,
            "import_people": number(people),
            **{
                f"import_{name}": number(address)
                for name, address in zip(("columns", "checked", "done", "waiting"), files, strict=True)
            },
        },
        {name: door.context.storage_state() for name, door in doors.items()},
    )
    for door in doors.values():
        door.context.close()
    with workspaces.begin(company, SYSTEM) as tx:  # nobody works on what these pages show as waiting
        waiting = imports.get_import(tx, number(files[3])).job
        for each in (job, waiting):
            if each is not None and read_job(tx, each).is_open:
                cancel(tx, each)


VIEWS = [(endpoint, view) for endpoint, views in PAGES.items() for view in views]


def test_every_page_is_looked_at(settings: Settings) -> None:
    rules = {
        rule.endpoint
        for rule in create_app(settings).url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    assert rules - PAGES.keys() - NOT_PAGES.keys() == set(), "add them to tests/e2e/pages.py"
    assert (PAGES.keys() | NOT_PAGES.keys()) - rules == set()
    assert PAGES.keys() & NOT_PAGES.keys() == set()


def texts() -> list[str]:
    """Our English texts without values in them, where the Chinese words differ."""
    ours = (message.id for message in catalog("zh_CN") if message.id != message.string)
    return [text for text in ours if isinstance(text, str) and "%(" not in text and re.search("[a-z]{3}", text)]


def open_view(page: Page, view: View, words: dict[str, Any]) -> None:
    """Go to a page and do what the view asks for; waits until it stands still."""
    answer = page.goto(view.path.format(**words))
    assert answer is not None
    assert answer.status == view.status, f"answers {answer.status}"
    for step in view.press:
        if step.startswith("key:"):
            page.keyboard.press(step[4:])
        else:
            page.locator(step).first.click(timeout=5_000)
    if view.wait:
        page.locator(view.wait).first.wait_for(timeout=10_000)
    page.wait_for_function(SETTLED, timeout=15_000)


# Tiles and charts are drawn, fonts are there, nothing moves any more.
SETTLED = """() => document.fonts.status === 'loaded'
  && !document.querySelector('.dg-tile-body[aria-busy], #dg-history .dg-skeleton')
  && [...document.querySelectorAll('dg-chart:not([hidden])')].every((one) => one.hasAttribute('data-drawn')
    && Math.abs(one.clientWidth - (one.querySelector('svg')?.clientWidth ?? 0)) < 24)
  && document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations > 99)"""


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_page_fits_speaks_one_language_and_can_be_read_by_everybody(
    as_person: Callable[..., Page], world: World, locale: str, request: pytest.FixtureRequest
) -> None:
    doors = request.getfixturevalue("_doors")
    for name, state in world.states.items():
        doors.setdefault(f"{name}:{locale}", state)
    axe = READER.read_text(encoding="utf-8")
    rooms: dict[str | None, Page] = {}
    asked = {"catalogue": texts(), "plain": PLAIN, "locale": locale}
    faults: list[str] = []
    for number, (endpoint, view) in enumerate(VIEWS):
        if view.who not in rooms:
            rooms[view.who] = as_person(view.who, locale=locale)
            rooms[view.who].emulate_media(reduced_motion="reduce")
        page = rooms[view.who]
        windows = {name: size for name, size in WINDOWS.items() if view.only in ("", name)}
        here = f"{endpoint} {view.path} {' '.join(view.press)}".strip()
        try:
            page.set_viewport_size(next(iter(windows.values())))
            open_view(page, view, world.words)
        except (BrowserError, AssertionError) as error:
            faults.append(f"{here}: cannot be opened: {str(error)[:300]}")
            continue
        page.evaluate(axe)
        for window, size in windows.items():
            if page.viewport_size != size:
                page.set_viewport_size(size)
                page.wait_for_function(SETTLED, timeout=15_000)
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{number:02}-{endpoint}-{window}-{locale}.png", full_page=not view.press)
            wrong = page.evaluate(EYE, asked)
            serious = page.evaluate(SERIOUS, endpoint == "home.page" and not view.press)
            faults += [f"{here} at {window}: {each}" for each in [*wrong, *serious]]
    if SHOTS:
        Path(SHOTS, f"{locale}.txt").write_text("\n".join(faults), encoding="utf-8")
    assert faults == [], "\n".join(faults)
