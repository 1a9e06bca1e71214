"""Settings come from the environment; what cannot be used is told all at once; the secret is made once."""

from pathlib import Path

import pytest

from dougong.config import Settings, read_secret_keys
from engines.kernel.problems import Rejected


def test_without_an_environment_the_embedded_servers_and_loopback_are_used() -> None:
    settings = Settings.from_environ({})
    assert (settings.database_url, settings.redis_url, settings.url) == (None, None, "http://127.0.0.1:8000")
    assert settings.data_folder.name == "var"
    assert settings.is_loopback


def test_urls_of_hosting_services_get_the_driver() -> None:
    settings = Settings.from_environ({"DATABASE_URL": "postgres://u:p@h/d", "PORT": "81", "HOST": "0.0.0.0"})
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"
    assert settings.url == "http://127.0.0.1:81"
    assert not settings.is_loopback


def test_every_wrong_variable_is_named() -> None:
    with pytest.raises(Rejected) as caught:
        Settings.from_environ({"PORT": "70000", "DOUGONG_WORKERS": "many", "DOUGONG_PG": "12"})
    assert [problem.path for problem in caught.value.problems] == ["PORT", "DOUGONG_WORKERS", "DOUGONG_PG"]


def test_secrets_given_by_the_environment_are_not_written_and_not_shown(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DOUGONG_SECRET_KEYS": "fresh, stale", "DOUGONG_DATA": str(tmp_path)})
    assert read_secret_keys(settings) == ("fresh", "stale")
    assert list(tmp_path.iterdir()) == []
    assert "stale" not in repr(settings)


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DOUGONG_DATA": str(tmp_path / "var")})
    first = read_secret_keys(settings)
    assert read_secret_keys(settings) == first
    assert len(first[0]) >= 60
    assert (tmp_path / "var" / "secret_keys").stat().st_mode & 0o777 == 0o600


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_keys").write_text("\n")
    with pytest.raises(Rejected, match="holds no key"):
        read_secret_keys(Settings.from_environ({"DOUGONG_DATA": str(tmp_path)}))
