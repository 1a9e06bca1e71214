"""`make run` itself, on a data folder that does not exist yet: what it prints is true."""

import json
import os
import re
import signal
import subprocess
import tempfile
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from dougong.embedded import postgres, process, valkey

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_make_run_starts_everything_and_prints_an_address_and_accounts_that_work() -> None:
    if not (ROOT / ".venv" / "bin" / "dougong").exists():
        pytest.skip("the tests run in an environment that make has not set up")
    with tempfile.TemporaryDirectory(prefix="dg-") as place:
        folder = Path(place) / "var"
        env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "REDIS", "MAKE"))}
        env |= {"DOUGONG_DATA": str(folder), "PORT": "0"}
        # The environment and the front end are those that this test runs with: they are not made anew beneath it.
        words = ["make", "-o", ".venv/.setup", "-o", "ui", "run"]
        running = subprocess.Popen(
            words,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            assert running.stdout is not None
            said = ""
            while "Stop with Ctrl-C" not in said:
                line = running.stdout.readline()
                assert line, said
                said += line
            (address,) = re.findall(r"http://127\.0\.0\.1:\d+", said)
            accounts = re.findall(r"(\w+@demo\.example) +(\S+)", said)
            assert [name.partition("@")[0] for name, _ in accounts] == ["admin", "manager", "seller"]
            supervisor = psutil.Process(json.loads((folder / "up.json").read_text())["pid"])
            family = supervisor.children(recursive=True)
            assert {"postgres", "valkey-server"} <= {member.name() for member in family}
            assert {"web", "worker"} <= json.loads((folder / "up.json").read_text())["children"].keys()
            for email, password in accounts:
                browser = build_opener(HTTPCookieProcessor(CookieJar()))
                token = re.search(r'data-csrf="([^"]+)"', browser.open(f"{address}/sign-in").read().decode())
                assert token
                form = urlencode({"email": email, "password": password, "csrf_token": token[1]}).encode()
                assert browser.open(f"{address}/sign-in", form).url == f"{address}/"
                customers = browser.open(f"{address}/a/crm/customer").read().decode()
                assert 'data-href="/a/crm/customer/' in customers, "the demo workspace has its sample data"
            os.killpg(running.pid, signal.SIGINT)
            running.wait(30)
            assert process.wait_until(lambda: not any(member.is_running() for member in family), 10)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
                running.wait(30)
            running.communicate()
            valkey.stop(folder)
            postgres.stop(folder)
