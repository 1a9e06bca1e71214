"""The browser's part: how long a keystroke computes in a form of 100 fields, and what the page of a form weighs.

A keystroke: one number is typed of which 40 formulas and 20 rules follow; what is counted is the script from the event
to the last output (`dg-live`). Its floor writes the same outputs with a line of plain script. Weight: the scripts and
styles that a browser loads for its first form, over the wire; beside them the document itself, as it is sent.
"""

import shutil
import statistics
from typing import Any, Final

from playwright.sync_api import Page, Request, sync_playwright

ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
STROKES: Final = 30
FORMULAS: Final = 40
KB: Final = 1024


def _formula(number: int) -> dict[str, Any]:
    before = "n0" if number == 0 else f"f{number - 1}"
    options = {"expression": f"ROUND({before} * 1.01 + n{number}, 2)", "result": "number"}
    return {"key": f"f{number}", "type": "formula", "label": f"F {number}", "options": options}


WIDE: Final[dict[str, Any]] = {
    "kind": "form",
    "key": "wide",
    "title": "Wide",
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        *({"key": f"n{number}", "type": "number", "label": f"N {number}", "default": "1"} for number in range(59)),
        *(_formula(number) for number in range(FORMULAS)),
    ],
    "rules": [
        {
            "key": f"r{number}",
            "when": f"f{number * 2} > 500",
            "actions": [{"key": "a", "do": "color", "fields": [f"n{number}"], "color": "red"}],
        }
        for number in range(20)
    ],
}
PLAIN: Final = """(text) => {
  const start = performance.now()
  let value = Number(text)
  for (const out of document.querySelectorAll('[data-out]')) out.textContent = (value = value * 1.01 + 1).toFixed(2)
  return performance.now() - start
}"""


def rows(address: str, email: str, password: str) -> list[dict[str, Any]]:
    """The rows of the report, of a running installation with the form `WIDE` at `address`."""
    host, _, _ = address.partition("/a/")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(args=ARGUMENTS, executable_path=path)
        page = browser.new_page(base_url=host)
        page.goto("/sign-in")
        page.fill("[name=email]", email)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        found = [_weight(page, address), *_strokes(page)]
        browser.close()
    return found


def _weight(page: Page, address: str) -> dict[str, Any]:
    """Bytes over the wire, with nothing in the browser's cache."""
    client = page.context.new_cdp_session(page)
    client.send("Network.clearBrowserCache")
    ended: list[Request] = []
    page.on("requestfinished", lambda one: ended.append(one))
    page.goto(address, wait_until="networkidle")
    page.wait_for_selector("#dg-form[data-ready]")
    sizes = {one.url: one.sizes()["responseBodySize"] for one in ended}
    document = sizes.pop(address)
    return _row("scripts and styles of a form's page", sum(sizes.values()) / KB, "KB", document / KB)


def _strokes(page: Page) -> list[dict[str, Any]]:
    """Script of a keystroke until all is computed."""
    page.locator('[name="n0"]').focus()
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(STROKES):
        page.keyboard.press(str(number % 9 + 1))
        page.wait_for_function("performance.getEntriesByName('dg-live').length === 1")
        page.wait_for_timeout(50)
        taken[0].append(page.evaluate("performance.getEntriesByName('dg-live')[0].duration"))
        taken[1].append(page.evaluate(PLAIN, str(number)))
        if number % 5 == 4:
            page.locator('[name="n0"]').fill("")
    parts = (("p50", statistics.median), ("p95", lambda times: sorted(times)[int(len(times) * 0.95)]))
    return [
        _row(f"keystroke in a form with 100 fields: {name}", part(taken[0]), "ms", part(taken[1]))
        for name, part in parts
    ]


def _row(name: str, value: float, unit: str, floor: float) -> dict[str, Any]:
    floor = max(floor, 0.01)  # browsers round their clock
    figures = {"value": round(value, 2), "unit": unit, "floor": round(floor, 2), "ratio": round(value / floor, 2)}
    return {"name": name, "clients": 1, **figures}
