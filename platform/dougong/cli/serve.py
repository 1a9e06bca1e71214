"""`dougong serve`: the web server (granian with a pool of threads)."""

import argparse
import gc
import os
from dataclasses import replace
from importlib import import_module

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from dougong.cli.main import Subparsers
from dougong.cli.servers import PATIENT, require_schema, with_servers
from dougong.config import Settings
from dougong.embedded.supervisor import choose_port

APPLICATION = "dougong.cli.wsgi:application"


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("serve", help="run the web server")
    parser.add_argument("--port", type=int, help="port (default: PORT or 8000)")
    parser.add_argument("--host", help="address (default: this machine only)")
    parser.add_argument("--workers", type=int, help="processes (default: DOUGONG_WORKERS or 1)")
    parser.add_argument("--patient", action="store_true", help="wait until the database is there and migrated")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop. The worker processes read the settings from the environment, so what was given on the
    command line and found out is put there."""
    names = ("port", "host", "workers")
    settings = replace(settings, **{name: getattr(options, name) for name in names if getattr(options, name)})
    settings = with_servers(settings)
    choose_port(settings)
    gc.disable()  # until the worker processes have loaded the application
    if settings.workers > 1:
        import_module(APPLICATION.partition(":")[0])  # once: they are forked and share it
        gc.freeze()
    if options.patient:
        os.environ[PATIENT] = "1"
    else:
        require_schema(settings)
    os.environ["DATABASE_URL"] = str(settings.database_url)
    os.environ["REDIS_URL"] = str(settings.redis_url)
    os.environ["DOUGONG_DATA"] = str(settings.data_folder)
    os.environ["DOUGONG_HOST"], os.environ["DOUGONG_PORT"] = settings.host, str(settings.port)
    Granian(
        APPLICATION,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    ).serve()
    return 0
