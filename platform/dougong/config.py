"""The settings of one installation, read once from the environment and passed on as a frozen value."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from engines.kernel.problems import Problem, Rejected

DEFAULT_PORT = 8000
SECRET_FILE = "secret_keys"  # noqa: S105 - the name of a file, not a secret


def project_root() -> Path:
    """The checkout that this code runs from, or the current folder where the product is installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between installations. Without `database_url` and `redis_url` the embedded servers are used."""

    data_folder: Path
    database_url: str | None = None
    redis_url: str | None = None
    report_database_url: str | None = None
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    threads: int = 8
    base_url: str | None = None
    proxies: int = 0
    files_url: str | None = None
    postgres: str | None = None
    log_level: str = "info"
    demo: bool = True
    outgoing: tuple[str, ...] = ()
    """Networks inside that connectors may call all the same."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Raises `Rejected` with every variable whose value cannot be used."""
        env = os.environ if environ is None else environ
        read = _Reader(env)
        settings = cls(
            data_folder=Path(env.get("DOUGONG_DATA") or project_root() / "var").expanduser().resolve(),
            database_url=_psycopg_url(read.text("DATABASE_URL")),
            redis_url=read.text("REDIS_URL"),
            report_database_url=_psycopg_url(read.text("REPORT_DATABASE_URL")),
            secret_keys=tuple(key.strip() for key in (env.get("DOUGONG_SECRET_KEYS") or "").split(",") if key.strip()),
            host=read.text("DOUGONG_HOST") or read.text("HOST") or "127.0.0.1",
            port=read.number("DOUGONG_PORT", read.number("PORT", DEFAULT_PORT, 0, 65535), 0, 65535),
            workers=read.number("DOUGONG_WORKERS", 1, 1, 256),
            threads=read.number("DOUGONG_THREADS", 8, 1, 256),
            base_url=read.text("DOUGONG_BASE_URL"),
            proxies=read.number("DOUGONG_PROXIES", 0, 0, 10),
            files_url=read.text("DOUGONG_FILES"),
            postgres=read.choice("DOUGONG_PG", ("16", "18")),
            log_level=read.choice("DOUGONG_LOG_LEVEL", ("debug", "info", "warning", "error")) or "info",
            demo=read.choice("DOUGONG_DEMO", ("0", "1")) != "0",
            outgoing=read.networks("DOUGONG_OUTGOING"),
        )
        read.finish()
        return settings

    @property
    def url(self) -> str:
        """Where people reach the product."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return self.base_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the web server; demo accounts are made only then."""
        return self.host in ("127.0.0.1", "localhost", "::1")


class _Reader:
    """Reads variables and gathers what is wrong with them, so that all of it is told at once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[Problem] = []

    def text(self, name: str) -> str | None:
        return (self.env.get(name) or "").strip() or None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isdecimal() or not low <= int(text) <= high:
            message = f"{name} must be a whole number from {low} to {high}, not {text!r}"
            self.problems.append(Problem("settings.number", name, message, {"low": low, "high": high, "value": text}))
            return default
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        text = self.text(name)
        if text is not None and text not in allowed:
            message = f"{name} must be one of {', '.join(allowed)}, not {text!r}"
            self.problems.append(Problem("settings.choice", name, message, {"allowed": list(allowed), "value": text}))
        return text

    def networks(self, name: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in (self.text(name) or "").split(",") if part.strip())
        for part in parts:
            try:
                ip_network(part, strict=False)
            except ValueError:
                message = f"{name} must be a list of networks such as 10.1.0.0/16, not {part!r}"
                self.problems.append(Problem("settings.network", name, message, {"value": part}))
        return parts

    def finish(self) -> None:
        if self.problems:
            raise Rejected(self.problems)


def _psycopg_url(url: str | None) -> str | None:
    """SQLAlchemy's name of the driver put into the URL that hosting services hand out."""
    for prefix in ("postgres://", "postgresql://"):
        if url is not None and url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def read_secret_keys(settings: Settings) -> tuple[str, ...]:
    """The keys that sign and encrypt (the first encrypts): from the settings, else from the data folder, made once.

    The file is 0600. Two processes that start together agree on one key: the file is created exclusively.
    """
    if settings.secret_keys:
        return settings.secret_keys
    path = settings.data_folder / SECRET_FILE
    if not path.exists():
        settings.data_folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{SECRET_FILE}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        try:
            os.link(fresh, path)  # atomic, and fails where the other process was first
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    keys = tuple(line.strip() for line in path.read_text().splitlines() if line.strip())
    if not keys:
        message = f"{path} holds no key; put one on the first line or remove the file"
        raise Rejected(Problem("settings.no_secret", "DOUGONG_SECRET_KEYS", message, {"path": str(path)}))
    return keys
