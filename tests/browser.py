"""Finds a Chromium for the browser tests: on PATH, else installed with Playwright, else with apt as root."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def system_browser() -> str | None:
    """The path of the machine's own Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwright_works() -> bool:
    """Whether Playwright's own Chromium is installed and starts (its libraries may be missing)."""
    script = "from playwright.sync_api import sync_playwright as p\nwith p() as w: w.chromium.launch().close()"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


def install() -> bool:
    """Try Playwright's way, then the distribution's."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium-headless-shell"], check=False)
    if playwright_works():
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        words = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"]
        subprocess.run(["apt-get", "update", "-q"], check=False)
        subprocess.run(words, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    return system_browser() is not None


if __name__ == "__main__":
    if system_browser() is None and not playwright_works() and not install():
        sys.exit(
            "No Chromium for the browser tests: install Chromium, or run `playwright install --with-deps chromium`"
        )
