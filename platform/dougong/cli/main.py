"""Finds the command, reads the settings, turns problems into sentences.

Commands are listed by module path and only the chosen one is loaded: the supervisor stays small, and a web process
loads neither Alembic nor the pack tools (DESIGN D17).
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import dougong.cli.lean  # noqa: F401 - for what it does
from dougong.cli.logs import configure
from dougong.config import Settings
from dougong.embedded.launch import die_with_parent
from dougong.embedded.supervisor import PARENT
from engines.kernel.problems import ProblemError

Run = Callable[[argparse.Namespace, Settings], int]


class Subparsers(Protocol):
    """What argparse gives for adding commands to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `module` has `add_parser(subparsers)`, which adds it and sets `run=`: (arguments, settings) -> exit
    status."""

    key: str
    help: str
    module: str


COMMANDS = (
    Command("up", "start everything and stay: database, Valkey, migration, worker, web", "dougong.cli.up"),
    Command("serve", "run the web server", "dougong.cli.serve"),
    Command("worker", "run a worker: events, timers, deliveries, jobs", "dougong.cli.worker"),
    Command("migrate", "bring the database to this version", "dougong.cli.migrate"),
    Command("doctor", "check versions, folders, database, Redis and fonts, and say what to do", "dougong.cli.doctor"),
    Command("pack", "list, check, install, remove and test packs", "dougong.cli.pack"),
    Command("meta", "write an app's documents to files, plan and publish files", "dougong.cli.meta"),
    Command("demo", "make the demo workspace and print its accounts", "dougong.cli.demo"),
    Command("user", "make an administrator, or a link for a new password", "dougong.cli.user"),
    Command("keys", "show what lies under older secret keys, and seal it with the first one", "dougong.cli.keys"),
    Command("version", "print the version", "dougong.cli.version"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status (0 well, 1 a problem that a person can mend, 2 wrong usage)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if PARENT in os.environ:
        die_with_parent(int(os.environ[PARENT]), signal.SIGTERM)
    try:
        options = make_parser(words).parse_args(words)
        settings = Settings.from_environ()
        configure(settings, to_file=options.command == "up")
        return cast(Run, options.run)(options, settings)
    except ProblemError as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem.message}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the chosen command in full and the others by name and help."""
    parser = argparse.ArgumentParser(prog="dougong", description="Dougong (斗拱), a no-code application platform")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in words if not word.startswith("-")), None)
    for command in COMMANDS:
        if command.key == chosen:
            import_module(command.module).add_parser(commands)
        else:
            commands.add_parser(command.key, help=command.help)
    return parser
