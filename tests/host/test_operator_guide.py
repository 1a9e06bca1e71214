"""The operator's guide names every setting and every command, and no others."""

import re
from pathlib import Path

from dougong.cli.main import COMMANDS
from dougong.config import project_root

GUIDE = (project_root() / "docs" / "guides" / "operator.md").read_text()


def test_every_variable_that_is_read_is_explained() -> None:
    source = (project_root() / "platform" / "dougong" / "config.py").read_text()
    read = set(re.findall(r'"((?:DOUGONG_)?[A-Z]{2,}(?:_[A-Z]+)*)"', source))
    explained = set(re.findall(r"`([A-Z]{2,}(?:_[A-Z]+)*)`", GUIDE.partition("## The data folder")[0]))
    assert read == explained


def test_every_command_is_explained() -> None:
    assert [command.key for command in COMMANDS] == re.findall(r"^\| `dougong (\w+)` \|", GUIDE, re.MULTILINE)


def test_the_files_it_names_are_the_ones_that_are_written() -> None:
    source = "".join(path.read_text() for path in (Path(project_root()) / "platform" / "dougong").glob("*/*.py"))
    for name in ("custom.conf", "up.log", "postgres.log", "valkey.log", "secret_keys"):
        assert name in GUIDE
        assert name in source or name == "secret_keys"
